"""Which package index the user's uv or pip is configured for."""

from __future__ import annotations

import netrc
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import attrs
import httpx

from ..errors import HubError
from . import installers


@attrs.frozen
class Index:
    """A package index.

    Attributes:
        url: the address of its Simple API (PEP 503), with credentials if the user gave it so.
        told_by: where it was found: an option, a variable, or a file.
    """

    url: str = attrs.field(repr=False)
    told_by: str

    @property
    def shown(self) -> str:
        """The address without credentials."""
        return str(httpx.URL(self.url).copy_with(userinfo=b""))

    def page(self, distribution: str) -> str:
        """The address of a distribution's files; its name is already normalised (PEP 503)."""
        return f"{self.url}/{distribution}/"

    def about(self, distribution: str) -> str | None:
        """The address of the JSON that many indexes have beside /simple, where this may be one."""
        base, simple, _ = self.url.rpartition("/simple")
        return f"{base}/pypi/{distribution}/json" if simple and not _ else None


def index(named: str | None = None) -> Index:
    """The main index: the one that is named, else that of uv, else that of pip.

    Further ones (extra-index-url, find-links) are not asked.

    Raises:
        HubError: it is none that is asked over HTTP, or a file that should tell it is malformed.
    """
    for place, url in _told(named):
        if url:
            return Index(_checked(url.strip().rstrip("/"), place), place)
    raise HubError("neither uv nor pip tells a package index here; name one: --index URL")


def _checked(url: str, place: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise HubError(f"{place}: the index has no valid address: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise HubError(f"{place}: the index has no http(s) address; name another: --index URL")
    return url


def _told(named: str | None) -> Iterator[tuple[str, str | None]]:
    """Every place that may tell, the weightiest first."""
    yield "--index", named
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        yield variable, os.environ.get(variable)
    yield from installers.uv_indexes()
    yield "pip's configuration", installers.pip_option("index-url")
    yield "pip", installers.pips_own()


def certificates() -> ssl.SSLContext | bool:
    """The certificates to trust: pip's `cert`, else httpx's own choice (`SSL_CERT_FILE`).

    Raises:
        HubError: the file of `cert` can't be read.
    """
    path = installers.pip_option("cert")
    if not path:
        return True
    try:
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        raise HubError(f"pip's cert, {path}, can't be read: {error}") from error


def credentials(index: Index) -> httpx.Auth | None:
    """Those of ~/.netrc (or `NETRC`), unless the address has its own.

    Raises:
        HubError: that file is malformed.
    """
    path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    if httpx.URL(index.url).userinfo or not path.is_file():
        return None
    try:
        return httpx.NetRCAuth(str(path))
    except (netrc.NetrcParseError, OSError) as error:
        raise HubError(f"{path} can't be read: {error}") from error
