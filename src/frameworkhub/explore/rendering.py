"""Templates to responses, with what every page needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from ..catalogue import vocabulary
from ..catalogue.model import Text
from ..errors import HubError
from ..requests import Request
from ..responses import Response
from . import languages
from .links import Links, web

try:
    import jinja2
    from markupsafe import Markup, escape
except ModuleNotFoundError as error:
    raise HubError(
        f"the pages of the catalogue need {error.name}: pip install 'frameworkhub[explore]'"
    ) from None


@cache
def environment() -> jinja2.Environment:
    """The template engine; what a template asks for in vain is an error."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("frameworkhub.explore"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters.update(web=web, code=code, ratio=ratio, count=count, pairs=pairs)
    return found


class Words:
    """What a template says in the page's language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def names(self) -> dict[str, Any]:
        """The functions below, by the names that templates call them."""
        functions = (self.t, self.said, self.word, self.means, self.words, self.measured)
        return {function.__name__: function for function in functions}

    def t(self, label: str, **values: object) -> str:
        """A label of the interface, with its blanks filled in."""
        text = languages.labels()[label].in_(self.language)
        return text.format(**values) if values else text

    def said(self, text: Text) -> str:
        """A text of the catalogue."""
        return text.in_(self.language)

    def word(self, group: str, name: str) -> str:
        """The label of a word of the vocabulary."""
        return vocabulary.all_words()[group][name].label.in_(self.language)

    def means(self, group: str, name: str) -> str:
        """Its definition."""
        return vocabulary.all_words()[group][name].means.in_(self.language)

    def words(self, group: str, names: Iterable[str]) -> str:
        """Several labels in one line."""
        return self.t("list_comma").join(self.word(group, name) for name in names)

    def measured(self, text: str) -> str:
        """A word of the bench, such as a kind of request; unknown ones stay English."""
        label = languages.labels().get(f"measured {text}")
        return label.in_(self.language) if label else text


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page in the language that the request wants.

    Raises:
        HubError: it wants a language that isn't there.
    """
    chosen = languages.chosen(request)
    language = chosen or languages.preferred(request)
    return in_language(request, language, chosen, template, status, **values)


def in_language(
    request: Request, language: str, chosen: str | None, template: str, status: int, **values: Any
) -> Response:
    """A page in this language, whose links keep the `chosen` one."""
    words, links = Words(language), Links(request, chosen)
    common = {"language": language, "chosen": chosen, "to": links.to, "here": links.here}
    html = environment().get_template(template).render(common | words.names() | values)
    fields = {"content-language": language, "vary": "accept-language"}
    return Response.html(html, status, fields)


def code(text: str) -> Markup:
    """Escaped, with what stands between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def pairs(values: Iterable[str], name: str) -> list[tuple[str, str]]:
    """The values as parameters of one name."""
    return [(name, value) for value in values]


def ratio(value: float) -> str:
    """A ratio as it is shown, such as "0.95"."""
    return f"{value:.2f}"


def count(value: int) -> str:
    """A number with narrow spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")
