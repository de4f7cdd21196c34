"""Files as responses: validators, conditional answers and ranges (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import quote

from .errors import HTTPError
from .responses import BINARY, Response

if TYPE_CHECKING:
    from .requests import Request

CHUNK = 256 * 1024


class FileResponse(Response):
    """See `Response.file`."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        filename: str | None,
        attachment: bool,
        content_type: str | None,
        max_age: int | None,
    ) -> None:
        self._path = os.fspath(path)
        self._stat = _stat(self._path)
        kind = content_type or mimetypes.guess_type(filename or self._path)[0] or BINARY
        super().__init__(None, 200, None, _with_charset(kind) if content_type is None else kind)
        add = self.header_list.append
        add(("etag", f'"{self._stat.st_mtime_ns:x}-{self._stat.st_size:x}"'))
        add(("last-modified", formatdate(self._stat.st_mtime, usegmt=True)))
        add(("accept-ranges", "bytes"))
        if max_age is not None:
            add(("cache-control", f"max-age={max_age}"))
        if attachment or filename:
            add(("content-disposition", _disposition(attachment, filename or self._path)))

    def finish(self, request: Request) -> None:
        """Answers the request's preconditions and its range, in the order of RFC 9110, 13.2.2."""
        if _is_modified(self, request):
            self._send(request, _range(self, request))
        else:
            self.status = 304
            # RFC 9110, 15.4.5: a 304 tells what a cache may need, and no more of the file.
            self.headers.remove("content-type")
        super().finish(request)

    def _send(self, request: Request, span: tuple[int, int] | None) -> None:
        size = self._stat.st_size
        start, stop = span or (0, size)
        if span is not None:
            self.status = 206
            self.header_list.append(("content-range", f"bytes {start}-{stop - 1}/{size}"))
        self.header_list.append(("content-length", str(stop - start)))
        if request.method == "HEAD":
            self.body = b""
        elif stop > start:
            self.body, self.source = None, _chunks(self._path, start, stop)


def _stat(path: str) -> os.stat_result:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        raise HTTPError(404) from None
    if not stat.S_ISREG(found.st_mode):
        raise HTTPError(404)
    return found


def _with_charset(kind: str) -> str:
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _disposition(attachment: bool, filename: str) -> str:
    """RFC 6266: a plain name, and an extended one where that can't tell all."""
    name = os.path.basename(filename)
    plain = name.encode("ascii", "replace").decode()
    plain = "".join("_" if c in '"\\\r\n\0' else c for c in plain)
    kind = "attachment" if attachment else "inline"
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'{kind}; filename="{plain}"{extended}'


def _is_later(modified: datetime | None, since: datetime | None) -> bool:
    return modified is not None and since is not None and modified > since


def _is_modified(response: Response, request: Request) -> bool:
    """Whether the file is to be sent; HTTPError 412 where the client's precondition fails."""
    from werkzeug.http import is_resource_modified, parse_date, parse_etags

    headers, etag = request.headers, response.headers["etag"]
    modified = parse_date(response.headers["last-modified"])
    if "if-match" in headers:
        if not parse_etags(headers["if-match"]).contains_raw(etag):
            raise HTTPError(412)
    elif (
        (since := parse_date(headers.get("if-unmodified-since"))) and modified and modified > since
    ):
        raise HTTPError(412)
    if request.method not in ("GET", "HEAD"):
        return True
    # Without If-Range: that is `_if_range`'s business, and its own answer.
    conditions = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name in ("if-none-match", "if-modified-since")
        if (value := headers.get(name)) is not None
    }
    environ = {"REQUEST_METHOD": request.method, **conditions}
    return is_resource_modified(environ, etag=etag, last_modified=modified)


def _range(response: FileResponse, request: Request) -> tuple[int, int] | None:
    """The one range to send, None for the whole; HTTPError 416 where there is none to satisfy."""
    from werkzeug.http import parse_range_header

    headers, size = request.headers, response._stat.st_size
    if request.method != "GET" or "range" not in headers or not _if_range(response, request):
        return None
    wanted = parse_range_header(headers["range"])
    # Several ranges are answered with the whole, which RFC 9110, 14.2 allows.
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return None
    span = wanted.range_for_length(size)
    if size and wanted.ranges[0][0] < -size:
        span = (0, size)  # More than there is from the end: all (RFC 9110, 14.1.2).
    if span is None:
        raise HTTPError(416, headers={"content-range": f"bytes */{size}"})
    return span


def _if_range(response: Response, request: Request) -> bool:
    from werkzeug.http import parse_if_range_header

    field = request.headers.get("if-range")
    if field is None:
        return True
    condition = parse_if_range_header(field)
    if condition.date is not None:
        modified = datetime.strptime(
            response.headers["last-modified"], "%a, %d %b %Y %H:%M:%S GMT"
        ).replace(tzinfo=UTC)
        return bool(condition.date == modified)
    return field == response.headers["etag"]


def _chunks(path: str, start: int, stop: int) -> Iterator[bytes]:
    with open(path, "rb") as file:
        file.seek(start)
        while start < stop:
            chunk = file.read(min(CHUNK, stop - start))
            if not chunk:
                return
            start += len(chunk)
            yield chunk
