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
    """What the proxies said; None where they said nothing."""

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

    Of the addresses, the last that is no trusted proxy is the client: those before it are its own
    word.
    """
    peer = source.client()
    if peer is None or not _is_trusted(peer[0], trusted):
        return None
    if field := source.header("forwarded"):
        return _from_forwarded(field, trusted)
    return _from_x_forwarded(source, trusted)


def _from_x_forwarded(source: Source, trusted: tuple[Network, ...]) -> Said:
    hops = _split(source.header("x-forwarded-for"))
    index = _client_index([_node(hop)[0] for hop in hops], trusted)
    return Said(
        client=_node(hops[index]) if hops else None,
        scheme=_scheme(_last(source.header("x-forwarded-proto"))),
        host=_host(_last(source.header("x-forwarded-host"))),
        prefix=_prefix(_last(source.header("x-forwarded-prefix"))),
    )


def _from_forwarded(field: str, trusted: tuple[Network, ...]) -> Said:
    elements = [_parameters(element) for element in _split(field)]
    index = _client_index([_node(e.get("for", ""))[0] for e in elements], trusted)
    client = elements[index].get("for") if elements else None
    last = elements[-1] if elements else {}
    return Said(
        client=_node(client) if client else None,
        scheme=_scheme(last.get("proto")),
        host=_host(last.get("host")),
    )


def _split(field: str | None) -> list[str]:
    return [part.strip() for part in (field or "").split(",") if part.strip()]


def _last(field: str | None) -> str | None:
    # The nearest proxy wrote the last one.
    return _split(field)[-1] if _split(field) else None


def _client_index(addresses: list[str], trusted: tuple[Network, ...]) -> int:
    for index in range(len(addresses) - 1, -1, -1):
        if not _is_trusted(addresses[index], trusted):
            return index
    return 0


def _parameters(element: str) -> dict[str, str]:
    found = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|[^;]*)', element)
    return {name.lower(): value.strip().strip('"') for name, value in found}


def _node(text: str) -> tuple[str, int]:
    """Address and port of RFC 7239's node: `1.2.3.4:5`, `[::1]:5`, `::1`."""
    match = re.fullmatch(r"\[(.*)\](?::(\d+))?|([^:]*)(?::(\d+))?", text)
    if match is None:
        return text, 0
    return match[1] or match[3] or "", int(match[2] or match[4] or 0)


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
