"""What can go wrong: errors of a request, and errors of the person who puts an app together."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from .headers import pairs

REASONS: dict[int, str] = {status.value: status.phrase for status in HTTPStatus}


class HTTPError(Exception):
    """An error that is an answer: RFC 9457 problem details with this status.

    Args:
        status: 400 to 599.
        detail: what went wrong this time, for the client to read.
        headers: header fields of the response, as a mapping or pairs.
        members: further members of the problem object (RFC 9457, section 3.2).

    Raises:
        ValueError: the status is no error status, or a header field can't be sent.
    """

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        **members: Any,
    ) -> None:
        if not 400 <= status <= 599:
            raise ValueError(f"HTTPError: {status} is not an error status, which are 400 to 599")
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.headers = pairs(headers)
        self.members = members

    def problem(self) -> bytes:
        """The RFC 9457 problem object as JSON in UTF-8."""
        known: dict[str, Any] = {
            "type": "about:blank",
            "title": REASONS.get(self.status, "Unknown"),
            "status": self.status,
        }
        if self.detail is not None:
            known["detail"] = self.detail
        return json.dumps(known | self.members, ensure_ascii=False, default=str).encode()


class ClientDisconnect(Exception):
    """The client went before its request was read, or before its response was sent."""


class WebSocketClosed(Exception):
    """The client closed the WebSocket; `code` and `reason` are RFC 6455, section 7.4."""

    def __init__(self, code: int = 1005, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class HubError(Exception):
    """Something is wrong with the way an app, an adapter or a server was put together."""


class UnknownAdapter(HubError):
    """No installed plugin has that name."""


class BrokenAdapter(HubError):
    """A plugin is installed and does not load, or breaks its contract."""


class CapabilityError(HubError):
    """The host cannot carry what the app asks for."""


def from_exception(error: Exception, debug: bool) -> HTTPError:
    """The 500 that an unhandled `error` is answered with; in debug mode it tells the traceback."""
    if not debug:
        return HTTPError(500)
    lines = "".join(traceback.format_exception(error)).splitlines()
    return HTTPError(500, f"{type(error).__name__}: {error}", traceback=lines)
