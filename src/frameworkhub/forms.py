"""Forms: urlencoded and multipart bodies, parsed by werkzeug, with one neutral file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import BytesIO
from os import PathLike
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from .errors import HTTPError
from .multidicts import Fields, parse_query

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

CHUNK = 64 * 1024


class UploadFile:
    """An uploaded file, the same on every framework; spooled to disk when it is large.

    Attributes:
        name: of the form's field.
        filename: as the client sent it: never a safe path.
        content_type: as sent, "" if it was not.
        headers: of the part.
        file: a binary file, at its start.
        size: bytes.
    """

    def __init__(self, storage: FileStorage) -> None:
        self.name: str = storage.name or ""
        self.filename: str = storage.filename or ""
        self.content_type: str = storage.content_type or ""
        self.headers = storage.headers
        self.file: IO[bytes] = storage.stream
        self.size: int = self.file.seek(0, 2)
        self.file.seek(0)

    def read(self, n: int = -1) -> bytes:
        return self.file.read(n)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(CHUNK), b"")

    def save(self, path: str | PathLike[str]) -> None:
        """Write the whole file to `path`, wherever reading stands."""
        self.file.seek(0)
        with open(path, "wb") as target:
            shutil.copyfileobj(self.file, target, CHUNK)

    def close(self) -> None:
        self.file.close()

    def __repr__(self) -> str:
        return f"<UploadFile {self.filename!r} {self.content_type} {self.size} bytes>"


class Form(NamedTuple):
    """What a form's body holds; both keep order and repeats."""

    fields: Fields
    files: ImmutableMultiDict[str, UploadFile]

    def close(self) -> None:
        for _, file in self.files.items(multi=True):
            file.close()


EMPTY = Form(Fields(), ImmutableMultiDict())


def parse(
    body: bytes | IO[bytes],
    length: int,
    content_type: str,
    options: dict[str, str],
    *,
    max_parts: int | None,
    max_memory: int | None,
) -> Form:
    """The form in `body`, which has `length` bytes and, if it is a file, stands at its start.

    Raises:
        HTTPError: 400 for a malformed form, 413 over a limit.
    """
    fields: Any
    files: Any
    if content_type == "multipart/form-data":
        # With `cls=list` werkzeug hands over the flat list, so that the order across names is kept.
        parser = FormDataParser(
            max_form_memory_size=max_memory,
            max_form_parts=max_parts,
            silent=False,
            cls=_list,
        )
        try:
            file = BytesIO(body) if isinstance(body, bytes) else body
            _, fields, files = parser.parse(file, content_type, length, options)
        except RequestEntityTooLarge as error:
            raise _too_large() from error
        except ValueError as error:
            raise HTTPError(400, f"malformed form: {error}") from error
        # The parser's own limit is one for each field.
        if max_memory is not None and sum(len(v.encode()) for _, v in fields) > max_memory:
            raise _too_large()
        uploads = ((name, UploadFile(file)) for name, file in files)
        return Form(Fields(fields), ImmutableMultiDict(uploads))
    if content_type == "application/x-www-form-urlencoded":
        data = body if isinstance(body, bytes) else body.read()
        return Form(_urlencoded(data, max_parts, max_memory), EMPTY.files)
    return EMPTY


# Typed for werkzeug, which asks for a multi-dict, and only calls it with the pairs.
_list: Any = list


def _urlencoded(body: bytes, max_parts: int | None, max_memory: int | None) -> Fields:
    over_memory = max_memory is not None and len(body) > max_memory
    over_parts = max_parts is not None and body.count(b"&") >= max_parts
    if over_memory or over_parts:
        raise _too_large()
    try:
        return parse_query(body.decode())
    except ValueError as error:
        raise HTTPError(400, f"malformed form: {error}") from error


def _too_large() -> HTTPError:
    return HTTPError(413, "the form has too many or too large fields")
