"""Whether a framework's class is as the framework has it, or somebody has put in parts of his own.

Subclasses do, and instruments of monitoring, which patch methods. What an adapter passes by is to
be the framework's own.
"""

from __future__ import annotations

from typing import Any


def is_untouched(kind: type, base: type) -> bool:
    """Whether `kind` has all methods of `base`, but for the constructor and the like, from it."""
    names = {name for one in base.__mro__ for name in vars(one)}
    package = base.__module__.partition(".")[0]
    return all(
        is_from(package, getattr(kind, name))
        for name in names
        if name == "__call__" or not name.startswith("__")
    )


def is_from(package: str, part: Any) -> bool:
    """Whether a method is the package's.

    What somebody puts in its place is of another module, or tells what it wraps.
    """
    if not callable(part):
        return True
    module = str(getattr(part, "__module__", ""))
    return module.partition(".")[0] == package and not hasattr(part, "__wrapped__")
