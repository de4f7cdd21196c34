"""A resolver for an app's patterns that costs a request no more than patterns at the top do."""

from __future__ import annotations

from typing import Any

from django.urls import Resolver404, URLPattern, URLResolver
from django.urls.resolvers import RoutePattern


class Mount(URLResolver):  # type: ignore[misc]
    """What `path(prefix, include((patterns, name)))` gives, but for the time it takes.

    Django would try all patterns, and make a match at each level of those that follow below it.

    Args:
        fixed: patterns without parameters, by their paths.
    """

    def __init__(
        self, prefix: str, patterns: list[Any], name: str, fixed: dict[str, URLPattern]
    ) -> None:
        super().__init__(RoutePattern(prefix), patterns, app_name=name, namespace=name)
        self.prefix = prefix
        self.fixed = fixed

    def resolve(self, path: Any) -> Any:
        path = str(path)  # It may be lazy.
        if not path.startswith(self.prefix):
            raise Resolver404({"path": path})
        rest = path[len(self.prefix) :]
        if rest in self.fixed:
            pattern = self.fixed[rest]
            match, tried = pattern.resolve(rest), [[pattern]]
        else:
            match, tried = self._match(rest)
        # The resolver above makes a match of its own, with all names, of these.
        match.app_names.insert(0, self.app_name)
        match.namespaces.insert(0, self.namespace)
        match.tried = tried
        return match

    def _match(self, rest: str) -> tuple[Any, list[Any]]:
        """The first pattern's match, and what was tried; as Django's resolvers do it."""
        tried: list[Any] = []
        for pattern in self.url_patterns:
            try:
                match = pattern.resolve(rest)
            except Resolver404 as error:
                self._extend_tried(tried, pattern, error.args[0].get("tried"))
                continue
            self._extend_tried(tried, pattern, match and match.tried)
            if match:
                return match, tried
        raise Resolver404({"tried": tried, "path": rest})
