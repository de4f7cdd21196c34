"""What a package index tells of a distribution: the Simple API, and the metadata of a file.

PEP 503 (HTML), 592 (yanked files), 658 and 714 (metadata beside a file), 691 and 700 (JSON).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from email import message_from_string
from email.message import Message
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin

import attrs
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
)


class Unusable(Exception):
    """What the index tells can't be used; the message says why."""


@attrs.frozen
class File:
    """One file of a distribution.

    Attributes:
        version: None where the name does not tell one.
        python: Requires-Python, "" if it declares none.
        uploaded: None where the index does not tell (HTML never does).
        metadata: the address of its core metadata, None if the index does not have that.
    """

    version: Version | None
    python: str
    yanked: bool
    uploaded: date | None
    metadata: str | None


def files(text: str, content_type: str, url: str, name: str) -> list[File]:
    """The files on the page of the distribution `name`, which was at `url`.

    Raises:
        Unusable: it is no such page.
    """
    if content_type.partition(";")[0].strip().endswith("json"):
        try:
            return [_of_json(each, url, name) for each in json.loads(text)["files"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unusable(f"the index sends malformed JSON ({error})") from error
    page = _Page(url, name)
    page.feed(text)
    return page.files


def _of_json(data: dict[str, Any], url: str, name: str) -> File:
    uploaded = data.get("upload-time")
    return File(
        version=version_of(data["filename"], name),
        python=data.get("requires-python") or "",
        yanked=bool(data.get("yanked")),
        uploaded=datetime.fromisoformat(uploaded).date() if uploaded else None,
        metadata=_metadata(
            data["url"], url, bool(data.get("core-metadata") or data.get("dist-info-metadata"))
        ),
    )


def _metadata(href: str, url: str, is_there: bool) -> str | None:
    return urldefrag(urljoin(url, href)).url + ".metadata" if is_there else None


class _Page(HTMLParser):
    """A page of PEP 503: each link is a file, whose name ends its address."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__()
        self.url = url
        self.name = name
        self.files: list[File] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag != "a" or not (href := told.get("href")):
            return
        beside = "data-core-metadata" in told or "data-dist-info-metadata" in told
        self.files.append(
            File(
                version=version_of(urldefrag(href).url.rpartition("/")[2], self.name),
                python=told.get("data-requires-python") or "",
                yanked="data-yanked" in told,
                uploaded=None,
                metadata=_metadata(href, self.url, beside),
            )
        )


def version_of(filename: str, name: str) -> Version | None:
    """The version in the name of a file of the distribution `name`, also of the old formats.

    None if there is none, or if the name in front of it is another one: "Some-1.0beta-20140210.zip"
    is no version 20140210 of "some".
    """
    try:
        if filename.endswith(".whl"):
            found, version, *_ = parse_wheel_filename(filename)
        elif filename.endswith((".tar.gz", ".zip")):
            found, version = parse_sdist_filename(filename)
        elif parts := _OLD.fullmatch(filename):
            found, version = canonicalize_name(parts[1]), Version(parts[2])
        else:
            return None
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None
    return version if found == canonicalize_name(name) else None


_OLD = re.compile(
    r"(.+?)-(\d[\w.!+]*?)(?:[.-](?:py\d|win|linux|macosx)[^/]*)?\.(?:egg|exe|msi|tgz|tar\.\w+)"
)


def newest(found: Iterable[File]) -> tuple[Version, list[File]]:
    """The newest version that is no pre-release and is not yanked, with its files.

    Raises:
        Unusable: there is none.
    """
    by_version: dict[Version, list[File]] = {}
    for file in found:
        if file.version and not file.version.is_prerelease and not file.yanked:
            by_version.setdefault(file.version, []).append(file)
    if not by_version:
        raise Unusable("the index has no release that is neither yanked nor a pre-release")
    version = max(by_version)
    return version, by_version[version]


# Licences

_CLASSIFIERS = {
    "Academic Free License (AFL)": "AFL-3.0",
    "Apache Software License": "Apache-2.0",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Zope Public License": "ZPL-2.1",
}


def licence(metadata: str) -> str | None:
    """The SPDX expression that core metadata tells (PEP 639).

    None where it tells a text that SPDX does not know, or a classifier that says less than SPDX,
    such as "BSD License".
    """
    message: Message = message_from_string(metadata)
    given = [message.get("License-Expression"), message.get("License")]
    return _licence(given, message.get_all("Classifier") or [])


def licence_of_info(info: dict[str, Any]) -> str | None:
    """The same of the `info` of an index's JSON."""
    return _licence(
        [info.get("license_expression"), info.get("license")], info.get("classifiers") or []
    )


def _licence(given: list[Any], classifiers: list[str]) -> str | None:
    for text in given:
        if isinstance(text, str) and (expression := spdx(text)):
            return expression
    named = [each for each in classifiers if each.startswith("License :: ")]
    return _CLASSIFIERS.get(named[0].rpartition(" :: ")[2]) if len(named) == 1 else None


def spdx(text: str) -> str | None:
    """The SPDX expression in its usual letter case, None if it isn't one."""
    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        return None
