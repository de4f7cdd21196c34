"""Django's WSGI application, with URL patterns of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, get_script_name
from django.core.signals import request_started
from django.urls import set_script_prefix, set_urlconf
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


class SyncHandler(OwnUrls, WSGIHandler):  # type: ignore[misc]
    """`app.on("django")`."""

    def __init__(self, urlconf: Any, site: Site) -> None:
        self.urlconf = urlconf
        self.site = site
        super().__init__()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """As Django's; the fields of the hub's responses are ready to be sent."""
        if self.site.style == "beside":
            return self.site.wsgi(environ, start_response)
        sent = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
        set_script_prefix(get_script_name(environ))
        request_started.send(sender=self.__class__, environ=environ)
        native = self.request_class(environ)
        native.sent = sent  # as the server gave them: Django has decoded them in their place
        reply = self.get_response(native)
        reply._handler_class = self.__class__
        fields = list(reply.headers.items())
        if reply.cookies:
            fields += [("Set-Cookie", each.output(header="")) for each in reply.cookies.values()]
        start_response(f"{reply.status_code} {reply.reason_phrase}", fields)
        file = getattr(reply, "file_to_stream", None)
        if file is not None and (wrap := environ.get("wsgi.file_wrapper")):
            file.close = reply.close  # A server closes what it was given.
            return wrap(file, reply.block_size)
        return reply

    def get_response(self, native: Any) -> Any:
        """As Django does, but for the settings' URLs, which would be set only to be replaced."""
        reply = self._middleware_chain(native)
        closers = reply._resource_closers
        # Out of the request, whose response has it too: else a cycle for the garbage collector.
        if (close := vars(native).pop("close_response", None)) and close not in closers:
            closers.append(close)
        closers.append(native.close)
        if reply.status_code >= 400:
            told = (reply.reason_phrase, native.path)
            log_response("%s: %s", *told, response=reply, request=native)
        return reply
