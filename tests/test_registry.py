"""Plugins are found without being imported, and one that is broken breaks nothing else."""

import sys

import pytest

import frameworkhub as hub
from frameworkhub import registry

GOOD = """
import frameworkhub as hub
from frameworkhub.frameworks import Features

@hub.hookimpl
def features():
    return Features(interfaces=("wsgi",), options=("colour",))

@hub.hookimpl
def build(site, options):
    return (site, options)

@hub.hookimpl
def recognises(native):
    return isinstance(native, tuple)
"""


def test_listing_imports_nothing(install):
    module = install("good", GOOD)
    listed = {one.name: one for one in hub.adapters("frameworks")}
    assert (listed["good"].version, listed["good"].distribution) == ("1.2", "hubtest-good")
    assert module not in sys.modules


def test_an_unknown_adapter_names_the_near_ones_and_the_command(install):
    install("goodness", GOOD)
    with pytest.raises(hub.UnknownAdapter, match=r"did you mean goodness.*frameworkhub-goodnes"):
        hub.App().on("goodnes")


def test_an_unknown_kind(install):
    with pytest.raises(hub.UnknownAdapter, match="frameworks, servers"):
        hub.adapters("nonsense")


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise ImportError('no such thing')", "ImportError: no such thing"),
        ("import frameworkhub as hub\n@hub.hookimpl\ndef biuld(site): ...", "biuld"),
        ("import frameworkhub as hub\n@hub.hookimpl\ndef build(sight): ...", "sight"),
        ("x = 1", "no hook `features`"),
    ],
)
def test_a_broken_plugin_is_named_with_its_cause_and_the_others_go_on(install, source, cause):
    install("bad", source)
    install("good", GOOD)
    with pytest.raises(hub.BrokenAdapter, match=f"'bad'.*hubtest-bad 1.2.*{cause}"):
        hub.App().on("bad")
    site, options = hub.App().on("good", colour="red")
    assert (site.interface, options) == ("wsgi", {"colour": "red"})


def test_a_broken_plugin_does_not_hinder_recognition(install):
    install("bad", "raise ImportError('no such thing')")
    install("good", GOOD)
    with pytest.raises(hub.UnknownAdapter, match=r"builtins\.dict.*no such thing"):
        hub.App().attach({})
    with pytest.raises(hub.CapabilityError, match="good can't take an app"):
        hub.App().attach(())


def test_two_kinds_may_share_a_name(install):
    server = """
import frameworkhub as hub
from frameworkhub.servers import Features

@hub.hookimpl
def features():
    return Features(protocols=("wsgi",))
"""
    install("good", GOOD)
    install("good", server, "servers")
    assert registry.adapter("frameworks", "good").features.interfaces == ("wsgi",)
    assert registry.adapter("servers", "good").features.protocols == ("wsgi",)


@pytest.mark.parametrize(
    "options", [{"style": "sideways"}, {"interface": "asgi"}, {"flavour": "sweet"}]
)
def test_what_the_adapter_does_not_have_is_refused(install, options):
    install("good", GOOD)
    with pytest.raises(hub.CapabilityError, match="good has no"):
        hub.App().on("good", **options)


def test_a_websocket_that_the_host_cannot_carry_is_refused_unless_it_is_optional(install):
    install("good", GOOD)
    app = hub.App()

    @app.websocket("/live", optional=True)
    async def live(ws): ...

    site, _ = app.on("good")
    assert site.routes == []

    @app.websocket("/must")
    async def must(ws): ...

    with pytest.raises(hub.CapabilityError, match=r"good \(wsgi\).*/must.*bare app.asgi"):
        app.on("good")


def test_a_plugin_that_is_loaded_later_is_not_asked_in_its_place(install):
    install("early", GOOD)
    install("late", GOOD.replace("return (site, options)", "return 'late'"))
    early = registry.adapter("frameworks", "early")
    assert early.features.interfaces == ("wsgi",)
    assert registry.adapter("frameworks", "late").hook.build(site=None, options={}) == "late"
    assert early.hook.build(site=None, options={}) == (None, {})
