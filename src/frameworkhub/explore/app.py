"""The app: `frameworkhub explore`, or `frameworkhub run frameworkhub.explore.app:app`."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from importlib import resources
from typing import Any

from .. import catalogue
from ..app import App
from ..errors import HTTPError, HubError
from ..requests import Request
from ..responses import Response, problem
from . import answers, charts, details, filters, languages, matrix, rendering, table
from .api import api, named, recommended

app = App(name="explore")
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@app.lifespan
def load(app: App) -> Iterator[None]:
    """Reads the catalogue before the first request; an entry that is malformed stops the start."""
    catalogue.systems()
    yield


@app.middleware
def around(request: Request) -> Generator[None, Response, Response]:
    """Errors as pages, or as problem details under /api; and what every answer has."""
    try:
        response = yield
    except (HTTPError, HubError) as error:
        response = failed(request, error)
    return answers.finished(request, response)


def failed(request: Request, error: HTTPError | HubError) -> Response:
    """The answer to bad input (400), or to what isn't there."""
    known = HTTPError(400, str(error)) if isinstance(error, HubError) else error
    if request.path.startswith(("/api/", "/assets/")):
        return problem(known)
    language = _spoken(request)
    values = {"error": known, "area": ""}
    response = rendering.in_language(request, language, None, "error.html", known.status, **values)
    for name, value in known.headers:
        response.headers[name] = value
    return response


def _spoken(request: Request) -> str:
    """The language of an error, which may be about the language."""
    try:
        return languages.chosen(request) or languages.preferred(request)
    except HubError:
        return "en"


app.include(api, prefix="/api", name="api")


@app.get("/")
def systems(request: Request) -> Response:
    """The table of systems."""
    asked = filters.read(request.query, "sort", "with")
    found = table.ordered(asked.found(), asked.sort)
    return rendering.page(
        request,
        "systems.html",
        area="systems",
        asked=asked,
        found=found,
        everything=catalogue.systems(),
        choices=table.choices(asked),
        table=table,
        loosen=[] if found else table.loosen(asked),
    )


@app.get("/systems/{key}")
def system(request: Request, key: str) -> Response:
    """All about one system."""
    filters.known(request.query)
    found = named(key)
    if found.key != key:
        return Response.redirect(request.url_for("system", key=found.key))
    return rendering.page(
        request,
        "system.html",
        area="systems",
        system=found,
        sources=details.sources(found),
        lacks=details.lacks(found),
        family=details.family(found),
        matrix=matrix.matrix([found]),
        charts=charts.charts([found]),
    )


@app.get("/matrix", name="matrix")
def rules(request: Request) -> Response:
    """Rules by adapters."""
    filters.known(request.query, "only", "open")
    only_gaps = bool(filters.choice(request.query, "only", "gaps"))
    is_open = only_gaps or bool(filters.choice(request.query, "open", "all"))
    values: dict[str, Any] = {"matrix": matrix.matrix(), "only_gaps": only_gaps, "is_open": is_open}
    return rendering.page(request, "matrix.html", area="matrix", **values)


@app.get("/compare")
def compare(request: Request) -> Response:
    """Systems side by side."""
    filters.known(request.query, "with")
    ticked = filters.ticked(request.query)
    keys = [system.key for system in ticked]
    comparison = catalogue.compare(*keys) if len(ticked) > 1 else None
    others = [each for each in catalogue.systems() if each not in ticked]
    values: dict[str, Any] = {"ticked": ticked, "others": others, "comparison": comparison}
    return rendering.page(request, "compare.html", area="compare", **values)


@app.get("/overhead")
def overhead(request: Request) -> Response:
    """What the hub costs on each framework."""
    filters.known(request.query)
    drawn = charts.charts(catalogue.systems())
    return rendering.page(request, "overhead.html", area="overhead", charts=drawn)


@app.get("/recommend")
def recommend(request: Request) -> Response:
    """Systems ranked by what is needed."""
    asked = filters.read(request.query, "limit")
    ranked = recommended(request) if asked.needs else None
    asked = asked.with_default(kind="frameworks")
    values: dict[str, Any] = {"asked": asked, "ranked": ranked, "choices": table.choices(asked)}
    return rendering.page(request, "recommend.html", area="recommend", **values)


@app.get("/assets/{name}")
def asset(request: Request, name: str) -> Response:
    """A style sheet, script or picture of the package."""
    folder = resources.files(__package__).joinpath("assets")
    if name not in {file.name for file in folder.iterdir()}:
        raise HTTPError(404, f"no asset {name!r}")
    kind = TYPES[name.rpartition(".")[2]]
    return Response(folder.joinpath(name).read_bytes(), content_type=kind)
