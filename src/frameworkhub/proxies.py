"""What trusted proxies say of the client: `Forwarded` (RFC 7239) and `X-Forwarded-*`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from .errors import HTTPError

if TYPE_CHECKING:
    from .requests import Connection, Source

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(trusted: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks as networks. Raises ValueError for what is neither."""
    return tuple(ipaddress.ip_network(one) for one in trusted)


@attrs.frozen
class Said:
    """What the proxies said; None where they said nothing.

    Attributes:
        names_client: they named the client; if `client` is None, by something that is no address.
    """

    names_client: bool = False
    client: tuple[str, int] | None = None
    scheme: str | None = None
    host: str | None = None
    prefix: str = ""


def _is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in trusted)


def forwarded(source: Source, trusted: tuple[Network, ...]) -> Said | None:
    """What is believed; None where the peer is no trusted proxy.

    Of the hops, the last that is no trusted proxy is the client: those before it are its own word.
    """
    peer = source.client()
    if peer is None or not _is_trusted(peer[0], trusted):
        return None
    if hops := _values(source, "forwarded"):
        return _from_forwarded(hops, trusted)
    return _from_x_forwarded(source, trusted)


def _from_x_forwarded(source: Source, trusted: tuple[Network, ...]) -> Said:
    hops = [_node(hop) for hop in _values(source, "x-forwarded-for")]
    index = _client_index(hops, trusted)

    def said(name: str) -> str | None:
        values = _values(source, name)
        # One value for each hop, or one alone, by the nearest proxy.
        return values[index if len(values) == len(hops) else -1] if values else None

    return Said(
        names_client=bool(hops),
        client=hops[index] if hops else None,
        scheme=_scheme(said("x-forwarded-proto")),
        host=_host(said("x-forwarded-host")),
        prefix=_prefix(said("x-forwarded-prefix")),
    )


def _from_forwarded(values: list[str], trusted: tuple[Network, ...]) -> Said:
    elements = [_parameters(value) for value in values]
    hops = [_node(element.get("for", "")) for element in elements]
    index = _client_index(hops, trusted)
    return Said(
        names_client="for" in elements[index],
        client=hops[index],
        scheme=_scheme(elements[index].get("proto")),
        host=_host(elements[index].get("host")),
    )


def _values(source: Source, name: str) -> list[str]:
    """The members of a list; several fields are one list (RFC 9110, section 5.3)."""
    field = ",".join(value for key, value in source.pairs if key == name)
    return [part.strip() for part in field.split(",") if part.strip()]


def _client_index(hops: list[tuple[str, int] | None], trusted: tuple[Network, ...]) -> int:
    for index in range(len(hops) - 1, -1, -1):
        hop = hops[index]
        if hop is None or not _is_trusted(hop[0], trusted):
            return index
    return 0


def _parameters(element: str) -> dict[str, str]:
    found = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|[^;]*)', element)
    return {name.lower(): value.strip().strip('"') for name, value in found}


def _node(text: str) -> tuple[str, int] | None:
    """Address and port of RFC 7239's node: `1.2.3.4:5`, `[::1]:5`, `::1`; None for what is none."""
    match = re.fullmatch(r"\[(.*)\](?::(\d{1,5}))?|([^:]*)(?::(\d{1,5}))?", text)
    address, port = (match[1] or match[3], match[2] or match[4]) if match else (text, None)
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return None
    return address, int(port or 0)


def _scheme(text: str | None) -> str | None:
    return text.lower() if text and text.lower() in ("http", "https", "ws", "wss") else None


def _host(text: str | None) -> str | None:
    return text if text and re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", text) else None


def _prefix(text: str | None) -> str:
    if not text or not text.startswith("/"):
        return ""
    if not re.fullmatch(r"[\x21-\x7e]*", text) or text.startswith("//"):
        raise HTTPError(400, "malformed X-Forwarded-Prefix")
    return text.rstrip("/")


def add_prefix(connection: Connection) -> None:
    """Puts the prefix that a trusted proxy took off before the root path."""
    said = connection._forwarded
    if said is not None and said.prefix:
        connection.root_path = said.prefix + connection.root_path
