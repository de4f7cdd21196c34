"""Django's settings, of which a process has one set: the user's, or these."""

from __future__ import annotations

import os
import secrets
from types import ModuleType
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.urls import clear_url_caches, include, path

# For `reverse` outside of a request: the namespaces of all apps that Django was made for.
ROOT: Any = ModuleType("frameworkhub_django.root")
ROOT.urlpatterns = []


def ensure() -> None:
    """Sets Django up, with as little as it runs with where the user has configured nothing."""
    if not settings.configured and not os.environ.get("DJANGO_SETTINGS_MODULE"):
        settings.configure(
            ALLOWED_HOSTS=["*"],  # The hub's `host` is what the client says; no link is made of it.
            APPEND_SLASH=False,
            DATA_UPLOAD_MAX_MEMORY_SIZE=None,
            ROOT_URLCONF=ROOT,
            SECRET_KEY=secrets.token_urlsafe(),
            USE_I18N=False,
        )
    if not apps.ready:
        django.setup(set_prefix=False)


def make_reversible(urlconf: Any) -> None:
    """Lets `reverse` find the routes outside of requests too, unless the user has settings."""
    if settings.ROOT_URLCONF is ROOT:
        ROOT.urlpatterns.insert(0, path("", include(urlconf.urlpatterns[:1])))
        clear_url_caches()
