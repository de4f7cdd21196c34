"""Django's WSGI application, with URL patterns of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.urls import set_urlconf
from django.utils.log import log_response

from frameworkhub.site import Site


class OwnUrls:
    """Over Django's handlers: requests are resolved by `urlconf`, whatever the settings name."""

    urlconf: Any

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async)  # type: ignore[misc]
        inner, before_resolving = self._middleware_chain, bool(settings.MIDDLEWARE)

        def chain(native: Any) -> Any:
            native.urlconf = self.urlconf
            if before_resolving:
                set_urlconf(self.urlconf)
            if not native.path_info.startswith("/"):  # `OPTIONS *`, which has no pattern
                native.path_info = "/" + native.path_info
            return inner(native)

        self._middleware_chain: Callable[[Any], Any] = chain


class SyncRequest(WSGIRequest):  # type: ignore[misc]
    """Keeps SCRIPT_NAME and PATH_INFO as the server gave them; Django decodes them in place."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.sent = (environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""))
        super().__init__(environ)


class SyncHandler(OwnUrls, WSGIHandler):  # type: ignore[misc]
    """`app.on("django")`."""

    request_class = SyncRequest

    def __init__(self, urlconf: Any, site: Site) -> None:
        self.urlconf = urlconf
        self.site = site
        super().__init__()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if self.site.style == "beside":
            return self.site.wsgi(environ, start_response)
        return super().__call__(environ, start_response)

    def get_response(self, native: Any) -> Any:
        """As Django does, but for the settings' URLs, which would be set only to be replaced."""
        reply = self._middleware_chain(native)
        reply._resource_closers.append(native.close)
        if reply.status_code >= 400:
            told = (reply.reason_phrase, native.path)
            log_response("%s: %s", *told, response=reply, request=native)
        return reply
