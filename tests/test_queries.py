"""Queries that are remembered."""

from __future__ import annotations

import pytest

import frameworkhub as hub


def test_a_query_that_is_remembered_can_not_be_changed() -> None:
    """Requests share it, so whatever one of them tries, the next one has what was sent."""
    app = hub.App()

    @app.get("/")
    def handler(request: hub.Request) -> list[tuple[str, str]]:
        query, fields = request.query, request.query.multi_items()
        query.getlist("a").append("mine")
        fields.append(("mine", "1"))
        query.copy()["mine"] = "1"  # type: ignore[index]
        for change in (query.clear, query.popitem, lambda: query.add("mine", "1")):
            with pytest.raises(TypeError):
                change()
        with pytest.raises(TypeError):
            request.query |= {"mine": "1"}  # type: ignore[operator,misc]
        return query.multi_items()

    with app.client() as client:
        for _ in range(2):
            assert client.get("/?a=1&a=2&b").json() == [["a", "1"], ["a", "2"], ["b", ""]]


def test_long_queries_are_not_remembered() -> None:
    from frameworkhub.multidicts import known_query

    app = hub.App()
    app.get("/")(lambda request: request.query["a"])
    before = known_query.cache_info().currsize
    with app.client() as client:
        assert len(client.get("/?a=" + 5000 * "x").text) == 5000
    assert known_query.cache_info().currsize == before
