"""The elements of an HTML page."""

from typing import Any

from lxml import html


def tree_of(text: str) -> Any:
    """The page as lxml reads it; ``Any``, since its XPath may return nearly everything."""
    return html.document_fromstring(text)


def one_line(text: str) -> str:
    """The text with single blanks."""
    return " ".join(text.split())
