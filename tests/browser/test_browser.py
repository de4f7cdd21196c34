"""What a visitor does on the pages of the catalogue, and sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

Visit = Callable[..., Page]
PHONE: dict[str, Any] = {"viewport": {"width": 375, "height": 812}, "has_touch": True}
PATHS = [
    "/",
    "/?kind=servers&feature=workers&with=flask",
    "/systems/django",
    "/compare?with=flask&with=django&with=fastapi",
    "/matrix?open=all",
    "/overhead",
    "/recommend?feature=websocket",
]


def names(page: Page) -> list[str]:
    """The systems in the table."""
    return page.locator("tbody .name a").all_inner_texts()


def is_the_same_document(page: Page) -> bool:
    """Whether `mark` was called on this very document."""
    return bool(page.evaluate("window.marked === true"))


def mark(page: Page) -> None:
    page.evaluate("window.marked = true")


def focused(page: Page, selector: str) -> bool:
    return bool(page.evaluate("s => document.activeElement.matches(s)", selector))


def tab_to(page: Page, selector: str, limit: int = 60) -> None:
    """Presses Tab until an element of that kind has the focus, which can be seen."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if focused(page, selector):
            return
    raise AssertionError(f"{limit} times Tab did not lead to {selector}")


def test_filter_by_kind(visit: Visit) -> None:
    page = visit("/")
    before = names(page)
    mark(page)
    page.get_by_role("radio", name="crawler").check(force=True)
    expect(page).to_have_url(re.compile(r"/\?kind=crawlers$"))
    after = names(page)
    assert "Scrapy" in after
    assert "Flask" in before
    assert "Flask" not in after
    expect(page.get_by_role("status").first).to_have_text(f"{len(after)} of {len(before)} systems")
    assert is_the_same_document(page)


def test_filter_by_words_as_they_are_typed(visit: Visit) -> None:
    page = visit("/")
    mark(page)
    page.get_by_role("searchbox").press_sequentially("scrap")
    expect(page).to_have_url(re.compile(r"text=scrap"))
    expect(page.get_by_role("link", name="Scrapy", exact=True)).to_be_visible()
    assert focused(page, "input[type=search]")
    assert page.get_by_role("searchbox").input_value() == "scrap"
    assert is_the_same_document(page)


def test_filters_together(visit: Visit) -> None:
    page = visit("/")
    page.get_by_role("combobox", name="Interface").select_option("asgi")
    page.locator("summary", has_text="Features").click()
    page.get_by_role("checkbox", name=re.compile("^WebSocket")).check()
    expect(page).to_have_url(re.compile(r"interface=asgi&feature=websocket"))
    assert "Starlette" in names(page)
    assert "Flask" not in names(page)
    page.get_by_role("link", name="Clear all filters").click()
    assert "Flask" in names(page)


def test_nothing_found_leads_on(visit: Visit) -> None:
    page = visit("/?kind=servers&feature=orm")
    expect(page.get_by_text("Nothing fits all of this.")).to_be_visible()
    expect(page.locator("table.systems")).to_be_hidden()
    page.get_by_role("link", name="without “ORM”").click()
    assert names(page)


def test_sort(visit: Visit) -> None:
    page = visit("/?kind=frameworks")
    mark(page)
    head = page.get_by_role("columnheader", name="Newest release")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile("kind=frameworks&sort=-released"))
    days = page.locator("tbody time").all_inner_texts()
    assert days == sorted(days, reverse=True)
    assert focused(page, "#sort-released")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert page.locator("tbody time").all_inner_texts() == sorted(days)
    assert is_the_same_document(page)


def test_compare(visit: Visit) -> None:
    page = visit("/")
    page.get_by_role("checkbox", name="Compare Flask").check()
    expect(page).to_have_url(re.compile("with=flask"))
    page.get_by_role("searchbox").fill("django")
    expect(page).to_have_url(re.compile("text=django.*with=flask"))
    page.get_by_role("checkbox", name="Compare Django").check()
    expect(page.locator(".bar .chip")).to_have_count(2)
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile("/compare"))
    heads = page.locator("table.compare thead th")
    expect(heads).to_have_count(2)
    mark(page)
    page.get_by_role("combobox", name="Add a system").select_option("fastapi")
    expect(heads).to_have_count(3)
    page.get_by_role("link", name="Remove Django").click()
    expect(heads).to_have_text(["Flask", "FastAPI"])
    expect(page).to_have_url(re.compile(r"\?with=flask&with=fastapi$"))
    assert is_the_same_document(page)
    page.go_back()
    expect(heads).to_have_count(3)


def test_language(visit: Visit) -> None:
    page = visit("/?kind=servers")
    page.get_by_role("radio", name="crawler").check(force=True)
    expect(page).to_have_url(re.compile("kind=crawlers"))
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(page).to_have_url(re.compile("kind=crawlers&lang=zh"))
    page.get_by_role("radio", name="服务器").check(force=True)
    expect(page.get_by_role("link", name="清除所有条件")).to_be_visible()
    page.locator("tbody .name a").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(page.get_by_role("heading", name="优点")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Strengths")).to_be_visible()


def test_language_of_the_browser(visit: Visit) -> None:
    page = visit("/", locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh")


def test_deep_links_and_back(visit: Visit) -> None:
    page = visit("/?kind=frameworks&feature=websocket&sort=-released")
    expect(page.get_by_role("radio", name="framework")).to_be_checked()
    expect(page.get_by_role("checkbox", name=re.compile("^WebSocket"))).to_be_checked()
    found = names(page)
    page.get_by_role("combobox", name="Status").select_option("active")
    expect(page).to_have_url(re.compile("status=active"))
    page.locator("tbody .name a").first.click()
    expect(page).to_have_url(re.compile("/systems/"))
    page.go_back()
    expect(page).to_have_url(re.compile("status=active"))
    expect(page.get_by_role("combobox", name="Status")).to_have_value("active")
    page.go_back()
    expect(page).to_have_url(re.compile("sort=-released$"))
    expect(page.get_by_role("combobox", name="Status")).to_have_value("")
    expect(page.locator("tbody .name a")).to_have_text(found)
    page.go_forward()
    expect(page.get_by_role("combobox", name="Status")).to_have_value("active")


def test_keyboard_alone(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "input[name=kind]")
    shown = page.evaluate(
        "getComputedStyle(document.activeElement.nextElementSibling).outlineStyle"
    )
    assert shown == "solid"
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("kind=crawlers"))
    tab_to(page, "#sort-licence")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("sort=licence"))
    expect(page.locator("#sort-licence")).to_be_focused()
    tab_to(page, "#with-scrapy")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page).to_have_url(re.compile("with=scrapy"))
    expect(page.locator("#with-scrapy")).to_be_checked()
    expect(page.locator("#name-scrapy")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Scrapy")


@pytest.mark.parametrize("path", PATHS)
def test_on_a_phone_nothing_is_wider_than_the_page(visit: Visit, path: str) -> None:
    for language in ("en", "zh"):
        joined = f"{path}{'&' if '?' in path else '?'}lang={language}"
        page = visit(joined, **PHONE)
        wide, narrow = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= narrow == 375, joined


def test_on_a_phone_the_table_is_cards(visit: Visit) -> None:
    page = visit("/?kind=servers", **PHONE)
    row = page.get_by_role("row").nth(1)
    box = row.bounding_box()
    assert box and box["width"] <= 375
    assert box["height"] > 100
    expect(page.get_by_role("table")).to_be_visible()
    expect(row.get_by_role("rowheader")).to_be_visible()
    page.get_by_role("columnheader").get_by_role("link", name="Kind").click()
    expect(page).to_have_url(re.compile("sort=kind"))


def test_what_is_chosen_before_the_script_listens(visit: Visit) -> None:
    page = visit("/")
    held: list[Route] = []
    page.route("**/live.js", lambda route: held.append(route))
    with page.expect_request("**/live.js"):
        page.goto("/compare?with=flask&with=django", wait_until="commit")
    page.get_by_role("combobox", name="Add a system").select_option("fastapi")
    held[0].continue_()
    expect(page.locator("table.compare thead th")).to_have_count(3)
    expect(page).to_have_url(re.compile("with=flask&with=django&with=fastapi"))


def test_without_javascript(visit: Visit) -> None:
    page = visit("/", java_script_enabled=False)
    page.get_by_role("radio", name="crawler").check(force=True)
    page.get_by_role("searchbox").fill("scrapy")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("kind=crawlers&text=scrapy"))
    assert "Scrapy" in names(page)
    assert "Flask" not in names(page)
    page.get_by_role("link", name="Clear all filters").click()
    page.get_by_role("link", name="Licence").click()
    expect(page).to_have_url(re.compile("sort=licence"))
    page.get_by_role("checkbox", name="Compare Flask").check()
    page.get_by_role("checkbox", name="Compare Django").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("table.compare thead th")).to_have_count(2)
    page.get_by_role("combobox", name="Add a system").select_option("fastapi")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("table.compare thead th")).to_have_count(3)
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh")


def test_matrix_folds(visit: Visit) -> None:
    page = visit("/matrix")
    rule = page.locator("#P1")
    expect(rule).to_be_hidden()
    page.get_by_role("heading", name="Paths").click()
    expect(rule).to_be_visible()
    page.get_by_role("link", name="unfolded").click()
    expect(page.locator("#E1")).to_be_visible()


def test_a_link_to_a_rule_unfolds_its_section(visit: Visit) -> None:
    page = visit("/matrix#E1")
    expect(page.locator("#E1")).to_be_in_viewport()


def test_recommendation(visit: Visit) -> None:
    page = visit("/recommend")
    mark(page)
    page.get_by_role("checkbox", name="WebSocket").check()
    expect(page.locator(".ranked > li").first).to_contain_text("has WebSocket")
    expect(page).to_have_url(re.compile("feature=websocket"))
    page.get_by_role("radio", name="server", exact=True).check(force=True)
    expect(page.get_by_role("checkbox", name="graceful stop")).to_be_visible()
    expect(page.get_by_role("checkbox", name="OpenAPI")).to_have_count(0)
    assert is_the_same_document(page)


def test_dark_and_light(visit: Visit) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page = visit("/systems/flask", color_scheme=scheme)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    light, dark = (sum(map(int, re.findall(r"\d+", ground))) for ground in grounds)
    assert light > 700
    assert dark < 100
