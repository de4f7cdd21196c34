"""What a host can't carry is refused when the app is put on it, with reason and alternatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import frameworkhub as hub

from ..catalogue import contradictions
from ..targets import make as make_target
from .hosts import BARE, Host, Spec, adapter, on

Carry = Callable[..., Host]


def chat_app(optional: bool = False) -> hub.App:
    app = hub.App()

    @app.websocket("/chat/{room}", optional=optional)
    async def chat(ws: hub.WebSocket, room: str) -> None:
        await ws.accept()

    @app.get("/")
    def index(request: hub.Request) -> str:
        return "index"

    return app


def put(app: hub.App, spec: Spec) -> Any:
    if spec.framework == BARE:
        return make_target(app, spec.variant).native
    return on(app, spec)


def carries_websockets(spec: Spec) -> bool:
    if spec.framework == BARE:
        return spec.interface == "asgi"
    return spec.interface in adapter("frameworks", spec.framework).features.websocket


def test_websocket_on_a_host_that_has_none(spec: Spec, carry: Carry) -> None:
    """A WebSocket route is refused with the adapter, the path, the reason and the alternatives."""
    if carries_websockets(spec):
        assert put(chat_app(), spec) is not None
        return
    with pytest.raises(hub.CapabilityError) as refused:
        put(chat_app(), spec)
    message = str(refused.value)
    assert spec.framework in message and "/chat/{room}" in message
    assert "asgi" in message
    if spec.framework != BARE:
        assert adapter("frameworks", spec.framework).features.no_websocket in message
        assert "these can: the bare app.asgi" in message


def test_optional_websocket(spec: Spec, carry: Carry) -> None:
    """One that is declared optional is left out there, and the app is carried without it."""
    app = chat_app(optional=True)
    assert carry(app, put(app, spec)).get("/").text == "index"


def test_websocket_in_an_included_app(framework: Spec) -> None:
    """It is refused in an included app and when attached, too."""
    outer = hub.App()
    outer.include(chat_app(), "/inner")
    if carries_websockets(framework):
        assert on(outer, framework) is not None
        return
    with pytest.raises(hub.CapabilityError, match=r"/inner/chat/\{room\}"):
        on(outer, framework)
    native = on(hub.App(name="users"), framework)
    with pytest.raises(hub.CapabilityError, match=r"/chat/\{room\}"):
        chat_app().attach(native, "/x", interface=framework.interface)


@pytest.mark.parametrize("what", ["style", "interface", "some_option"])
def test_unknown_choice(framework: Spec, what: str) -> None:
    """An unknown style, interface or option is refused, with the known ones."""
    with pytest.raises(hub.CapabilityError) as refused:
        hub.App().on(framework.framework, **{what: "smoke-signals"})
    message = str(refused.value)
    assert framework.framework in message and "there are: " in message
    known = {"style": "native, beside", "interface": framework.interface, "some_option": ""}
    assert known[what] in message


def test_unknown_adapter(framework: Spec) -> None:
    """An unknown adapter is told with the near names, and how to install it."""
    with pytest.raises(hub.UnknownAdapter) as unknown:
        hub.App().on(framework.framework[:-1] + "_")
    assert framework.framework in str(unknown.value)
    assert "pip install" in str(unknown.value)


def test_attach_to_anything_else(framework: Spec) -> None:
    """What no adapter recognises is told by its type, with what is installed."""
    with pytest.raises(hub.UnknownAdapter) as unknown:
        hub.App().attach(object(), "/x")
    assert "builtins.object" in str(unknown.value)
    assert framework.framework in str(unknown.value)


def test_adapter_recognises_its_own(framework: Spec) -> None:
    """An adapter recognises the applications that it makes, and no others."""
    recognises = adapter("frameworks", framework.framework).hook.recognises
    assert recognises(native=on(hub.App(), framework))
    for other in (object(), None, 1, "text", hub.App().wsgi, hub.App().asgi, lambda: None):
        assert not recognises(native=other)


def test_catalogue_agrees(plugged: Spec) -> None:
    """What the adapters say that they carry is what the catalogue tells of their systems."""
    names = {plugged.framework, plugged.server} - {BARE, ""}
    found = [each for name in sorted(names) for each in contradictions.of_installed(name)]
    assert not found, "\n".join(found)


def test_errors_are_hub_errors() -> None:
    """All of these are HubErrors."""
    for kind in (hub.CapabilityError, hub.UnknownAdapter, hub.BrokenAdapter):
        assert issubclass(kind, hub.HubError)
