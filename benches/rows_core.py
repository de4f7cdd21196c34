"""Rows about parts of the core in process: its router, and the ways between sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Any

import measuring
from measuring import Effort, Question, Wrong
from rows_bare import about
from table import Bar, Fact, Row, figure, micros

import frameworkhub
from frameworkhub.bench import by_hand
from frameworkhub.bench.rounds import Measure, Ratio, interleave, interval, ratio
from frameworkhub.check.requests import Request

FEW, MANY = 10, 10_000
ASKED = 250
"""Lookups in a row, of FEW routes over and over: with MANY, of some from the first to the last.

Of as many different ones in both cases: else the bar would measure the processor's caches, which
hold ten routes and not thousands. What it takes to ask 250 different ones is told beside it.
"""

MIXTURE = (
    ("/m#", "/m#"),
    ("/m#/{id:int}", "/m#/7"),
    ("/m#/{rest:path}", "/m#/a/b.txt"),
    ("/{lang}/m#", "/en/m#"),
    ("/m/{a}/{b}/m#", "/m/1/2/m#"),
)

# The path of the n-th route, and one that it takes.
SHAPES: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "static": (lambda n: f"/pages/p{n}", lambda n: f"/pages/p{n}"),
    "/x{n}/{id:int}": (lambda n: f"/x{n}/{{id:int}}", lambda n: f"/x{n}/{n}"),
    "nested": (
        lambda n: f"/api/v{n % 3}/teams/{{team}}/x{n}/{{id:int}}/edit",
        lambda n: f"/api/v{n % 3}/teams/red/x{n}/{n}/edit",
    ),
    "/api/{user}/x{n}": (lambda n: f"/api/{{user}}/x{n}", lambda n: f"/api/ann/x{n}"),
    "/{lang}/page{n}": (lambda n: f"/{{lang}}/page{n}", lambda n: f"/en/page{n}"),
    "/f{n}/{rest:path}": (lambda n: f"/f{n}/{{rest:path}}", lambda n: f"/f{n}/a/b/c.txt"),
    "mixed": (
        lambda n: MIXTURE[n % 5][0].replace("#", str(n)),
        lambda n: MIXTURE[n % 5][1].replace("#", str(n)),
    ),
}

Lookup = Callable[[str], Any]
Make = Callable[[Sequence[str]], Lookup]


def hub_lookup(paths: Sequence[str]) -> Lookup:
    app = frameworkhub.App()
    for n, path in enumerate(paths):
        app.get(path, name=f"r{n}")(_nothing)
    resolve = app.site().router.resolve
    return lambda path: resolve("GET", path)


def _nothing(request: frameworkhub.Request, **parameters: Any) -> str:
    return ""


def dict_lookup(paths: Sequence[str]) -> Lookup:
    """What looking up costs by itself, of few and of many: memory is slow."""
    return {path: path for path in paths}.get


def falcon_lookup(paths: Sequence[str]) -> Lookup:
    import falcon

    class Resource:
        def on_get(self, req: falcon.Request, resp: falcon.Response, **parameters: Any) -> None:
            """Not called."""

    app, resource = falcon.App(), Resource()
    for path in paths:
        app.add_route(path, resource)
    find = app._router.find
    find("/")  # it compiles at the first one
    return find


def starlette_lookup(paths: Sequence[str]) -> Lookup:
    from starlette.routing import Match, Route, Router

    router = Router([Route(path, _nothing) for path in paths])

    def find(path: str) -> Any:
        scope = {"type": "http", "method": "GET", "path": path}
        for route in router.routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                return child
        return None

    return find


def lookups(make: Make, shape: str) -> dict[str, Measure]:
    pattern, example = SHAPES[shape]
    find = {count: make([pattern(n) for n in range(count)]) for count in (FEW, MANY)}
    measures = {str(count): timed(find[count], list(asked(example, count))) for count in find}
    spread = [example((i * MANY // ASKED + i) % MANY) for i in range(ASKED)]
    return measures | {f"{MANY}, of {ASKED} different ones": timed(find[MANY], spread)}


def asked(example: Callable[[int], str], count: int) -> Iterator[str]:
    for i in range(ASKED):
        place = i % FEW
        # `+ place`: not one kind only of a mixture.
        yield example(place * (count // FEW) + (place if count > FEW else 0))


def timed(find: Lookup, paths: list[str]) -> Measure:
    if missed := [path for path in (paths[0], paths[-1]) if not find(path)]:
        raise Wrong(f"no route for {missed[0]}")

    def once() -> float:
        start = perf_counter()
        for path in paths:
            find(path)
        return perf_counter() - start

    while (took := once()) > 0.2 and len(paths) > FEW:
        paths = paths[::5]  # a router that goes through all routes
    repeat = max(1, round(measuring.BATCH / took))
    return lambda: sum(once() for _ in range(repeat)) / repeat / len(paths)


def built(make: Make, shape: str) -> float:
    """Seconds from no app to one that has MANY routes and answers."""
    pattern, example = SHAPES[shape]
    paths = [pattern(n) for n in range(MANY)]
    start = perf_counter()
    make(paths)(example(MANY - 1))
    return perf_counter() - start


def routes(effort: Effort) -> Row:
    row: Row = []
    for shape in SHAPES:
        seen = measuring.samples(effort, lookups, hub_lookup, shape)
        grown = ratio(seen[str(MANY)], seen[str(FEW)])
        row.append(Bar(f"lookup, {shape}", grown, 1.3))
        row.append(micros(seen, "us a lookup, of 10 and of 10,000 routes"))
    times = [measuring.apart(built, hub_lookup, s) for s in SHAPES for _ in range(3)]
    row.append(Bar("10,000 routes built, the slowest shape", worst(times), 1, "<", " s"))
    first = max(measuring.apart(first_lookups, hub_lookup, shape) for shape in SHAPES)
    row.append(Fact(f"the first lookup of a route, slowest shape: {figure(first * 1e6)} us, once"))
    row.append(micros(measuring.samples(effort, lookups, dict_lookup, "static"), "of a dict, us"))
    row.extend(other_routers(effort))
    return row


def first_lookups(make: Make, shape: str) -> float:
    """Seconds for the first lookup of a route, when there are MANY: what a router puts off."""
    pattern, example = SHAPES[shape]
    find = make([pattern(n) for n in range(MANY)])
    paths = list(asked(example, MANY))
    start = perf_counter()
    for path in paths:
        find(path)
    return (perf_counter() - start) / len(paths)


def worst(times: list[float]) -> Ratio:
    """Of three builds of each shape: the shape with the highest median."""
    threes = [times[i : i + 3] for i in range(0, len(times), 3)]
    three = max(threes, key=lambda three: sorted(three)[1])
    return Ratio(sorted(three)[1], *interval(three))


def other_routers(effort: Effort) -> Iterator[Fact]:
    shape = "/x{n}/{id:int}"
    others = {"Starlette": starlette_lookup}
    if effort.processes > 1:  # not with --quick: it builds for a minute
        others["Falcon"] = falcon_lookup
    for name, make in others.items():
        seconds, few, many = measuring.apart(other_router, make, shape)
        yield Fact(
            f"{name}, {shape}: {figure(few * 1e6)} us of 10 routes, {figure(many * 1e6)} us of "
            f"10,000: {figure(many / few)} times; built in {seconds:.2f} s"
        )


def other_router(make: Make, shape: str) -> tuple[float, float, float]:
    """Seconds to build MANY routes, for a lookup of FEW and for one of MANY; each built once."""
    spent = []

    def clocked(paths: Sequence[str]) -> Lookup:
        start = perf_counter()
        find = make(paths)
        spent.append(perf_counter() - start)
        return find

    seen = interleave(lookups(clocked, shape), measuring.QUICK.rounds)
    return spent[-1], seen[str(FEW)].median, seen[str(MANY)].median


# An async handler on WSGI.

AWAITED = Question(Request("GET", "/items/42"), body=b"item 42")


async def work(number: int) -> str:
    await asyncio.sleep(0)
    return f"item {number}"


def awaiting() -> dict[str, Measure]:
    import a2wsgi
    from asgiref.sync import async_to_sync

    call = async_to_sync(work)

    def converted(environ: Any, start_response: Any) -> list[bytes]:
        body = call(int(environ["PATH_INFO"][7:])).encode()
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
        return [body]

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        body = (await work(int(scope["path"][7:]))).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    apps = {"hub": hub_async(), "async_to_sync": converted, "a2wsgi": a2wsgi.ASGIMiddleware(bare)}
    return measuring.wsgi(apps, AWAITED)


def hub_async() -> Any:
    app = frameworkhub.App()

    @app.get("/items/{id:int}")
    async def item(request: frameworkhub.Request, id: int) -> str:
        return await work(id)

    return app.wsgi


def await_on_wsgi(effort: Effort) -> Row:
    seen = measuring.samples(effort, awaiting)
    bar = Bar(
        "hub, async handler, over async_to_sync", ratio(seen["hub"], seen["async_to_sync"]), 0.5
    )
    return [bar, *about(seen)]


# A sync handler on ASGI.


def hopping() -> dict[str, Measure]:
    from asgiref.wsgi import WsgiToAsgi
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    def endpoint(request: Any) -> PlainTextResponse:
        return PlainTextResponse(f"item {request.path_params['id']}")

    app = frameworkhub.App()

    @app.get("/items/{id:int}")
    def item(request: frameworkhub.Request, id: int) -> str:
        return f"item {id}"

    apps = {
        "hub": app.asgi,
        "Starlette": Starlette(routes=[Route("/items/{id:int}", endpoint)]),
        "asgiref WsgiToAsgi": WsgiToAsgi(by_hand.wsgi),
    }
    return measuring.asgi(apps, AWAITED)


def hop_on_asgi(effort: Effort) -> Row:
    seen = measuring.samples(effort, hopping)
    return [
        Bar("hub, def handler, over Starlette", ratio(seen["hub"], seen["Starlette"]), 1),
        *about(seen),
    ]
