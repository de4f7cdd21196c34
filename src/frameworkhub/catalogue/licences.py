"""What a licence asks, in three words; by SPDX identifier."""

from __future__ import annotations

import re

FAMILIES = {
    "permissive": (
        "0BSD", "AFL-", "Apache-", "BSD-", "CC0-", "CNRI-", "HPND", "ISC", "LicenseRef-Cubes",
        "LicenseRef-Public-Domain", "LicenseRef-Quixote", "LicenseRef-Repoze", "MIT", "PSF-",
        "Python-", "Unlicense", "ZPL-", "Zlib",
    ),
    "weak copyleft": ("CDDL-", "EPL-", "LGPL-", "MPL-"),
    "copyleft": ("AGPL-", "EUPL-", "GPL-"),
}  # fmt: skip
"""Families, and how the identifiers of their licences begin."""


def identifiers(expression: str) -> list[str]:
    """The licences that an SPDX expression names."""
    words: list[str] = re.findall(r"[A-Za-z0-9.+-]+", expression)
    return [word for word in words if word not in ("AND", "OR", "WITH")]


def matches(expression: str, wanted: str) -> bool:
    """Whether a licence is the one wanted: a family, an identifier, or how one begins ("BSD").

    An offer of several ("OR") matches by any of them.
    """
    if (family := wanted.casefold()) in FAMILIES:
        starts = FAMILIES[family]
        return any(name.startswith(starts) for name in identifiers(expression))
    prefix = wanted.casefold()
    return any(name.casefold().startswith(prefix) for name in identifiers(expression))
