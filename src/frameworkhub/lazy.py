"""What is computed, or imported, when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):
    """`functools.cached_property` without its lock, which up to Python 3.11 costs more than most
    of what it guards here. Two threads that ask at once may both compute it.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> lazy[T]: ...
    @overload
    def __get__(self, owner: object, kind: type) -> T: ...
    def __get__(self, owner: Any, kind: type) -> Any:
        if owner is None:
            return self
        value = owner.__dict__[self._name] = self._compute(owner)
        return value


class late:
    """A module that is imported when something of it is first asked for.

    An `import` inside of a function does the same, but again at each call, which takes longer than
    most of what is called here.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        module = import_module(self._module)
        # From now on as quick as the module: it is the same names, with no `__getattr__` to ask.
        self.__dict__ = module.__dict__
        self.__class__ = _Loaded  # type: ignore[assignment]
        return getattr(module, name)


class _Loaded:
    """A `late` module that has been imported."""
