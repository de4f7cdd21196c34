"""Whether a framework's class is as the framework has it."""

from __future__ import annotations

from functools import partial, wraps
from typing import Any

import pytest

import frameworkhub.client
from frameworkhub.app import App
from frameworkhub.patches import is_from, is_untouched


class Sub(App):
    """It has a constructor and a method of its own."""

    def __init__(self) -> None:
        super().__init__()

    def more(self) -> None:
        pass


class Other(App):
    def routes(self) -> Any:
        return super().routes()


@wraps(App.routes)
def named(self: Any) -> Any:
    """Under the name and the module of what it wraps."""


def test_what_subclasses_replace() -> None:
    assert is_untouched(App, App)
    assert is_untouched(Sub, App)
    assert not is_untouched(Other, App)


@pytest.mark.parametrize("part", [lambda self: None, named, partial(App.routes), len])
def test_what_is_patched(part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "routes", part)
    assert not is_untouched(App, App)
    assert not is_untouched(Sub, App)


def test_parts_of_a_package() -> None:
    assert is_from("frameworkhub", frameworkhub.client.client)
    assert is_from("frameworkhub", App().routes)
    assert is_from("frameworkhub", {})  # It can't be called.
    assert not is_from("framework", App.routes)
    assert not is_from("frameworkhub", str.join)  # It has no module.
