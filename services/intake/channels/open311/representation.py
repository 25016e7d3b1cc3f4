"""XML and JSON of the same models.

No XML is ever read, so there are no entities to expand.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from xml.etree import ElementTree as ET

from pydantic import BaseModel

Format: TypeAlias = Literal["xml", "json"]

CONTENT_TYPE: Mapping[Format, str] = {
    "xml": "text/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
_ENTRY_NAME = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "endpoints": "endpoint",
    "formats": "format",
    "attributes": "attribute",
    "values": "value",
    "notes": "note",
    "errors": "error",
}
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Open311Document:
    """A document of the API.

    Attributes:
        name: Name of the XML root; a list's entries are named after it. JSON does not show it.
        content: A list of models, or one.
    """

    name: str
    content: BaseModel | Sequence[BaseModel]


def encode_document(document: Open311Document, output: Format) -> bytes:
    """Return the document in UTF-8.

    In JSON a list is an array whatever its length, and what is missing is null; in XML that is an
    empty element.
    """
    content = _plain(document.content)
    if output == "json":
        return json.dumps(content, ensure_ascii=False).encode()
    root = ET.Element(document.name)
    _fill(root, content)
    encoded: bytes = ET.tostring(root, encoding="utf-8")
    return _DECLARATION + encoded


def _plain(content: BaseModel | Sequence[BaseModel]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(content, BaseModel):
        return content.model_dump(exclude_unset=True)
    return [one.model_dump(exclude_unset=True) for one in content]


def _fill(element: ET.Element, value: object) -> None:
    if isinstance(value, Mapping):
        for name, part in value.items():
            _fill(ET.SubElement(element, name), part)
    elif isinstance(value, list):
        for entry in value:
            _fill(ET.SubElement(element, _ENTRY_NAME[element.tag]), entry)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _NOT_IN_XML.sub("", str(value))
