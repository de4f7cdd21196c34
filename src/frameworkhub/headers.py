"""Header fields: what may stand in one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

# Programs use the same few names again and again.
_is_token = lru_cache(maxsize=256)(re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch)
# Servers differ on the control characters that RFC 9110 forbids, beside CR, LF and NUL.
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]").search


def check(name: str, value: Any) -> str:
    """The value as text, if both may stand in a message (RFC 9110, section 5.5; WSGI's latin-1).

    White space around a value is no part of it.

    Raises:
        ValueError: a control character, one outside latin-1, or a name that is no token.
    """
    text = value if isinstance(value, str) else str(value)
    if not _is_token(name):
        raise ValueError(f"header name {name!r} is not a token (RFC 9110, section 5.6.2)")
    # Printable ASCII is fine; so most values need no closer look.
    if not (text.isascii() and text.isprintable()) and (found := _BAD_VALUE(text)):
        raise ValueError(f"header {name}: the value has the character {found[0]!r}")
    return text.strip(" \t")


def pairs(headers: Mapping[str, Any] | Iterable[tuple[str, Any]] | None) -> list[tuple[str, str]]:
    """Checked pairs out of a mapping, a multi-dict or pairs."""
    if not headers:
        return []
    items = headers.items() if hasattr(headers, "items") else headers
    return [(name, check(name, value)) for name, value in items]
