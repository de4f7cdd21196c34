"""`refresh`: versions, dates and licences, from the package index of the user's uv or pip."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import attrs
import httpx
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ..errors import HubError
from ..progress import Progress
from . import indexes, simple_api, store, userdata
from .indexes import Index
from .model import Release, System
from .simple_api import File, Unusable

AT_ONCE = 8
FRESH = 3600  # seconds

Record = dict[str, Any]


@attrs.frozen
class Change:
    """A system whose newest release is another one now."""

    system: System
    before: Release
    after: Release


@attrs.frozen
class Refreshed:
    """How a refresh ended.

    Attributes:
        index: the address of the index, without credentials.
        unchanged: systems that the index tells nothing new of.
        failed: why each of the others could not be got; they stay as they were.
        nowhere: systems that are on no index.
    """

    index: str
    changed: tuple[Change, ...]
    unchanged: tuple[System, ...]
    failed: dict[str, str]
    nowhere: tuple[System, ...]

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; systems by their keys."""
        changed = [
            {"system": each.system.key, "before": _plain(each.before), "after": _plain(each.after)}
            for each in self.changed
        ]
        return {
            "index": self.index,
            "changed": changed,
            "unchanged": [system.key for system in self.unchanged],
            "failed": self.failed,
            "nowhere": [system.key for system in self.nowhere],
        }


def _plain(release: Release) -> Record:
    texts = {"version": release.version, "licence": release.licence, "python": release.python}
    return texts | {"date": release.date.isoformat()}


def refresh(
    names: Sequence[str] = (), url: str | None = None, timeout: float = 10.0, force: bool = False
) -> Refreshed:
    """Asks the index for the newest releases and keeps them in the user's data file.

    Args:
        names: of systems; none: all.
        url: the index; None: that of the user's uv or pip.
        timeout: seconds for each step of a request.
        force: ask for all anew, whatever was got before.

    Raises:
        HubError: there is no index, it can't be reached, or the data file can't be written. Nothing
            is changed then. A system of which alone nothing can be got is among the `failed`.
    """
    systems = tuple(dict.fromkeys(store.system(name).key for name in names))
    chosen = [store.system(key) for key in systems] if names else list(store.systems())
    index = indexes.index(url)
    userdata.check_writable()
    asker = _Asker(index, timeout, {} if force else userdata.records())
    asked = [system for system in chosen if system.distribution]
    found = asyncio.run(asker.ask_all(asked))
    userdata.update(
        {system.distribution: found[system.key] for system in asked if system.key in found}
    )
    return _outcome(asker, chosen, found)


def _outcome(asker: _Asker, chosen: Sequence[System], found: dict[str, Record]) -> Refreshed:
    store.forget()
    changed, unchanged = [], []
    for before in chosen:
        if before.key in found:
            after = userdata.release(found[before.key])
            if _plain(after) == _plain(before.release):
                unchanged.append(before)
            else:
                changed.append(Change(before, before.release, after))
    nowhere = tuple(system for system in chosen if not system.distribution)
    return Refreshed(asker.index.shown, tuple(changed), tuple(unchanged), asker.failed, nowhere)


class _Asker:
    """One refresh: its client, what is known from earlier ones, and what has failed."""

    def __init__(self, index: Index, timeout: float, records: dict[str, Record]) -> None:
        self.index = index
        self.timeout = timeout
        self.records = records
        self.failed: dict[str, str] = {}
        self.reached = False
        self.unreachable = ""
        self.limit = asyncio.Semaphore(AT_ONCE)

    async def ask_all(self, systems: Sequence[System]) -> dict[str, Record]:
        """The new records by key of the system."""
        progress = Progress(max(len(systems), 1))
        async with self.client() as self.http:
            try:
                answers = await asyncio.gather(*(self.ask(each, progress) for each in systems))
            finally:
                progress.end()
        if self.unreachable and not self.reached:
            where = f"{self.index.shown} ({self.index.told_by})"
            raise HubError(f"can't reach the index {where}: {self.unreachable}; nothing is changed")
        return {key: record for key, record in answers if record}

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            timeout=self.timeout,
            follow_redirects=True,
            verify=indexes.certificates(),
            auth=indexes.credentials(self.index),
            headers={"user-agent": "frameworkhub", "accept": simple_api.ACCEPT},
        )

    async def ask(self, system: System, progress: Progress) -> tuple[str, Record | None]:
        """The new record of a system; None if it has failed."""
        async with self.limit:
            try:
                return system.key, await self.record(system)
            except Unusable as error:
                self.failed[system.key] = str(error)
                return system.key, None
            finally:
                progress.what = system.name
                progress.advance(1)

    async def record(self, system: System) -> Record:
        """Raises Unusable."""
        old = self.records.get(system.distribution, {})
        old = old if old.get("index") == self.index.shown else {}
        if "etag" not in old and time.time() - old.get("asked", 0) < FRESH:
            return old
        conditions = {"if-none-match": old["etag"]} if "etag" in old else {}
        response = await self.get(
            self.index.page(canonicalize_name(system.distribution)), conditions
        )
        if response.status_code == httpx.codes.NOT_MODIFIED and old:
            return old | self.seen(response)
        _check(response)
        return await self.read(system, response) | self.seen(response)

    def seen(self, response: httpx.Response) -> Record:
        """What is kept of an answer, for the next turn."""
        record: Record = {"checked": date.today().isoformat(), "index": self.index.shown}
        record["asked"] = int(time.time())
        if etag := response.headers.get("etag"):
            record["etag"] = etag
        return record

    async def get(self, url: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """An answer, whatever its status. Raises Unusable if there is none."""
        if self.unreachable and not self.reached:
            raise Unusable(self.unreachable)
        try:
            response = await self.http.get(self.with_credentials(url), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            is_timeout = isinstance(error, httpx.TimeoutException)
            said = f"no answer within {self.timeout:g} s" if is_timeout else str(error)
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                self.unreachable = said
            raise Unusable(said or type(error).__name__) from error
        self.reached = True
        return response

    def with_credentials(self, url: str) -> httpx.URL:
        """The address, with the user's credentials if it is on the index itself."""
        base, asked = httpx.URL(self.index.url), httpx.URL(url)
        origin = (base.scheme, base.host, base.port)
        is_own = (asked.scheme, asked.host, asked.port) == origin
        return asked.copy_with(userinfo=base.userinfo) if is_own else asked

    async def read(self, system: System, response: httpx.Response) -> Record:
        """The newest release on the page of a distribution."""
        kind = response.headers.get("content-type", "")
        name = system.distribution
        files = simple_api.files(response.text, kind, str(response.url), name)
        version, its = simple_api.newest(files)
        known = system.release
        before = _version(known.version)
        if version == before:
            return _record(system, known.version, known.date, known.licence, known.python)
        if before and version < before and not any(file.version == before for file in files):
            raise Unusable(f"the newest there is {version}, older than {known.version}")
        return await self.released(system, version, its)

    async def released(self, system: System, version: Version, files: list[File]) -> Record:
        """A release that was not known before."""
        metadata = next((file.metadata for file in files if file.metadata), None)
        day = min((file.uploaded for file in files if file.uploaded), default=None)
        python = next((file.python for file in files if file.python), "")
        about = {} if day and metadata else await self.about(system, version)
        licence = None
        if metadata:
            response = await self.get(metadata)
            licence = simple_api.licence(response.text) if response.is_success else None
        licence = licence or simple_api.licence_of_info(about.get("info", {}))
        day = day or _uploaded(about)
        if not day:
            raise Unusable(f"the index has {version}, and does not tell its date")
        return _record(system, str(version), day, licence or system.release.licence, python)

    async def about(self, system: System, version: Version) -> Record:
        """The JSON that many indexes have beside the Simple API; empty if this one hasn't."""
        url = self.index.about(f"{canonicalize_name(system.distribution)}/{version}")
        response = await self.get(url) if url else None
        if response is None or not response.is_success:
            return {}
        try:
            found = response.json()
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def _check(response: httpx.Response) -> None:
    if response.status_code == httpx.codes.NOT_FOUND:
        raise Unusable("the index does not have it")
    if response.status_code != httpx.codes.OK:
        raise Unusable(f"the index answers {response.status_code} {response.reason_phrase}")


def _version(text: str) -> Version | None:
    with suppress(InvalidVersion):
        return Version(text)
    return None


def _uploaded(about: Record) -> date | None:
    times = [each.get("upload_time_iso_8601") for each in about.get("urls", ())]
    return min((datetime.fromisoformat(text).date() for text in times if text), default=None)


def _record(system: System, version: str, day: date, licence: str, python: str) -> Record:
    texts = {"version": version, "licence": licence, "python": python}
    return {"distribution": system.distribution, **texts, "date": day.isoformat()}
