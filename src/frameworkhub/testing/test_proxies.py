"""The client's address, scheme and host: from the server, and from proxies that are trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import frameworkhub as hub

from .handlers.proxies import tell
from .hosts import Host

Carry = Callable[..., Host]
CLIENT = "203.0.113.9"
EVERYTHING = [
    ("X-Forwarded-For", CLIENT),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "public.example"),
    ("X-Forwarded-Port", "444"),
    ("X-Forwarded-Prefix", "/prefix"),
    ("X-Real-IP", CLIENT),
    ("Forwarded", f"for={CLIENT};proto=https;host=public.example"),
    ("X-Script-Name", "/prefix"),
    ("X-Forwarded-Ssl", "on"),
    ("X-Scheme", "https"),
    ("Client-IP", CLIENT),
]


def app(*trusted: str) -> hub.App:
    found = hub.App(trusted_proxies=trusted)
    found.get("/tell")(tell)

    @found.get("/link")
    async def link(request: hub.Request) -> list[str]:
        return [request.url_for("tell"), request.app.url_for("tell"), request.path]

    return found


@pytest.fixture
def trusting(carry: Carry) -> Host:
    """Trusts its peer, and a network of proxies behind that."""
    return carry(app("127.0.0.1", "10.0.0.0/8", "fd00::/8"))


def told(host: Host, *headers: tuple[str, str]) -> dict[str, Any]:
    answer = host.get("/tell", *headers)
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.json()
    return found


def test_client_address(host: Host, colour: str) -> None:
    """`client` is the peer's address and port."""
    address, port = host.get(f"/{colour}/proxies/tell").json()["client"]
    assert address == "127.0.0.1"
    assert 0 < port < 65536


def test_own_address(host: Host, colour: str) -> None:
    """Scheme and version come from the server, the host from `Host`."""
    found = host.get(f"/{colour}/proxies/tell?a=1", ("Host", "example.test:81")).json()
    assert (found["scheme"], found["host"]) == ("http", "example.test:81")
    assert found["url"] == f"http://example.test:81/{colour}/proxies/tell?a=1"
    assert found["version"] == "1.1"


def test_client_port(wire_host: Host, colour: str) -> None:
    """The port is that of the connection."""
    with wire_host.wire() as wire:
        wire.request("GET", f"/{colour}/proxies/tell")
        assert wire.answer().json()["client"][1] == wire.socket.getsockname()[1]


def test_proxies_are_not_believed(host: Host, colour: str) -> None:
    """No field of any proxy changes anything, unless the app trusts proxies."""
    found = host.get(f"/{colour}/proxies/tell", *EVERYTHING).json()
    assert found["client"][0] == "127.0.0.1"
    assert (found["scheme"], found["host"], found["root_path"]) == ("http", host.netloc, "")
    assert found["url"] == f"http://{host.netloc}/{colour}/proxies/tell"


def test_other_peers_are_not_believed(carry: Carry) -> None:
    """An app that trusts some proxies believes no others."""
    found = told(carry(app("10.0.0.0/8")), *EVERYTHING)
    assert (found["client"][0], found["scheme"], found["root_path"]) == ("127.0.0.1", "http", "")


def test_trusted_proxy(trusting: Host) -> None:
    """A trusted proxy tells the client, the scheme, the host and the prefix."""
    found = told(trusting, *EVERYTHING[:5])
    assert found["client"] == [CLIENT, 0]
    assert (found["scheme"], found["host"]) == ("https", "public.example")
    assert (found["root_path"], found["path"]) == ("/prefix", "/tell")
    assert found["url"] == "https://public.example/prefix/tell"


def test_links_behind_a_proxy(trusting: Host) -> None:
    """`url_for` has the prefix that the proxy took off."""
    answer = trusting.get("/link", ("X-Forwarded-Prefix", "/a/b/"))
    assert answer.json() == ["/a/b/tell", "/a/b/tell", "/link"]


def test_proxy_that_says_nothing(trusting: Host) -> None:
    """What a trusted proxy does not say comes from the server."""
    found = told(trusting)
    assert (found["client"][0], found["scheme"]) == ("127.0.0.1", "http")
    assert (found["host"], found["root_path"]) == (trusting.netloc, "")


@pytest.mark.parametrize(
    ("field", "client"),
    [
        (CLIENT, CLIENT),
        (f"{CLIENT}, 10.0.0.2, 10.0.0.3", CLIENT),
        (f"1.2.3.4, {CLIENT}", CLIENT),
        (f"10.0.0.9, {CLIENT}, 10.0.0.2", CLIENT),
        ("10.0.0.2, 10.0.0.3", "10.0.0.2"),
        (f"garbage, {CLIENT}", CLIENT),
        (f" ,{CLIENT} ,", CLIENT),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:4711, fd00::5", "2001:db8::1"),
    ],
)
def test_hops(trusting: Host, field: str, client: str) -> None:
    """The client is the last hop that is no trusted proxy: what stands before is its own word."""
    assert told(trusting, ("X-Forwarded-For", field))["client"][0] == client


def test_repeated_fields_are_one_list(trusting: Host) -> None:
    """A client can't hide what the proxy adds by sending the field itself."""
    fields = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", CLIENT)]
    assert told(trusting, *fields)["client"][0] == CLIENT
    fields = [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Host", "public.example")]
    assert told(trusting, *fields)["host"] == "public.example"


@pytest.mark.parametrize(
    ("field", "client"),
    [
        (f"for={CLIENT}", [CLIENT, 0]),
        (f'For="{CLIENT}:4711"', [CLIENT, 4711]),
        ('for="[2001:db8::1]:4711";by=10.0.0.1', ["2001:db8::1", 4711]),
        ('for="[2001:db8::1]"', ["2001:db8::1", 0]),
        (f"for=1.2.3.4, for={CLIENT}, for=10.0.0.2", [CLIENT, 0]),
        ("proto=https", None),
    ],
)
def test_forwarded(trusting: Host, field: str, client: list[Any] | None) -> None:
    """`Forwarded` (RFC 7239) tells the client, with its port if it has one."""
    found = told(trusting, ("Forwarded", field))["client"]
    assert found == client if client else found[0] == "127.0.0.1"


def test_forwarded_scheme_and_host(trusting: Host) -> None:
    """Scheme and host are those by which the client came, not the proxies among themselves."""
    hops = f"for={CLIENT};proto=https;host=public.example, for=10.0.0.2;proto=http;host=inner"
    found = told(trusting, ("Forwarded", hops))
    assert found["url"] == "https://public.example/tell"
    fields = [
        ("X-Forwarded-For", f"{CLIENT}, 10.0.0.2"),
        ("X-Forwarded-Proto", "https, http"),
        ("X-Forwarded-Host", "public.example, inner"),
    ]
    assert told(trusting, *fields)["url"] == "https://public.example/tell"


def test_forwarded_beats_x_forwarded(trusting: Host) -> None:
    """Where both stand, the standard one counts, and the others do not."""
    fields = [("Forwarded", f"for={CLIENT}"), *EVERYTHING[1:3], ("X-Forwarded-For", "1.2.3.4")]
    found = told(trusting, *fields)
    assert (found["client"][0], found["scheme"]) == (CLIENT, "http")


@pytest.mark.parametrize("node", ["unknown", "_hidden", "garbage", "1.2.3", "300.1.1.1", "[::1"])
def test_client_that_is_no_address(trusting: Host, node: str) -> None:
    """A client that the proxy can't or won't name is None, not the proxy."""
    assert told(trusting, ("X-Forwarded-For", node))["client"] is None
    assert told(trusting, ("Forwarded", f'for="{node}"'))["client"] is None


@pytest.mark.parametrize(
    "field",
    [
        ("X-Forwarded-Proto", "javascript"),
        ("X-Forwarded-Host", "evil.example/path"),
        ("X-Forwarded-Host", "a b"),
        ("X-Forwarded-Host", 'a"b'),
        ("X-Forwarded-Prefix", "no-slash"),
        ("Forwarded", "proto=javascript;host=a/b"),
        ("Forwarded", ";;=,,"),
    ],
)
def test_malformed_forwarding(trusting: Host, field: tuple[str, str]) -> None:
    """What is malformed is not believed."""
    found = told(trusting, field)
    assert found["url"] == f"http://{trusting.netloc}/tell"


def test_prefix_that_is_no_path(trusting: Host) -> None:
    """A prefix that would turn a path into another host's address is refused."""
    assert trusting.get("/tell", ("X-Forwarded-Prefix", "//evil.example")).status == 400


@pytest.mark.parametrize("trusted", ["nonsense", "300.0.0.1", "10.0.0.1/8", ""])
def test_malformed_trusted_proxy(trusted: str) -> None:
    """What is trusted must be an address or a network."""
    with pytest.raises(ValueError):
        hub.App(trusted_proxies=[trusted])
