"""Makes the pictures of docs/explore.md anew: `python -m nox -s browser -- --pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from chromium import chromium, serving
from playwright.sync_api import Browser

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DESKTOP, PHONE = (1280, 860), (375, 812)


class Picture(NamedTuple):
    """A page, and how it is looked at."""

    name: str
    path: str
    size: tuple[int, int] = DESKTOP
    scheme: str = "light"


PICTURES = [
    Picture("systems", "/?kind=frameworks&sort=-released&with=fastapi&with=sanic"),
    Picture("system-zh", "/systems/django?lang=zh", (1280, 760)),
    Picture("compare-dark", "/compare?with=flask&with=fastapi&with=django", scheme="dark"),
    Picture("phone", "/systems/flask", PHONE),
    Picture("matrix", "/matrix"),
    Picture("overhead", "/overhead"),
]


def take(browser: Browser, address: str, picture: Picture) -> None:
    """One picture, as the window shows the page."""
    width, height = picture.size
    looks: Any = {"color_scheme": picture.scheme, "viewport": {"width": width, "height": height}}
    page = browser.new_page(base_url=address, locale="en-GB", **looks)
    page.goto(picture.path)
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    page.close()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        chromium() as browser,
        serving("flask", "gunicorn", data) as address,
    ):
        for picture in PICTURES:
            take(browser, address, picture)


if __name__ == "__main__":
    main()
