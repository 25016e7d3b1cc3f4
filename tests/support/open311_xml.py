"""Open311's XML as its JSON."""

from typing import Any

from lxml import etree

ENTRIES = frozenset(
    {
        *("service", "request", "request_update", "attribute", "value", "note"),
        *("endpoint", "format", "error"),
    }
)


def plain(element: etree._Element) -> Any:
    """Return an element as JSON has it: containers are lists, empty elements are null."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return (element.text or "").strip() or None
    if all(child.tag in ENTRIES for child in children):
        return [plain(child) for child in children]
    return {str(child.tag): plain(child) for child in children}
