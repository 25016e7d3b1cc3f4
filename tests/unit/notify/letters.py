"""Letters as a reader has them."""

from html.parser import HTMLParser
from typing import Any

from typing_extensions import override

from services.notify.records import RenderedMessage
from tests.support.notify.factories import message_data, renderer

LANGUAGES = ("en", "es")
"""The languages whose catalogues are reviewed."""


class Page(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def render(template: str = "received", language: str = "en", **changes: Any) -> RenderedMessage:
    return renderer().render(message_data(template=template, language=language, **changes))
