"""Public problems as an Atom feed (RFC 4287, with GeoRSS) and as GeoJSON (RFC 7946)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from services.intake.channels.listing.views import xml_text

ATOM_TYPE, GEOJSON_TYPE = "application/atom+xml", "application/geo+json"
_ATOM, _GEORSS = "http://www.w3.org/2005/Atom", "http://www.georss.org/georss"
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
_NEVER = "1970-01-01T00:00:00Z"
ET.register_namespace("", _ATOM)
ET.register_namespace("georss", _GEORSS)

Fields = Mapping[str, Any]
"""The public fields of a problem, in Open311's words."""


def atom(problems: Sequence[Fields], url: str, query: str, city: str) -> bytes:
    """Return a feed of problems; ``url`` is that of their page, ``query`` its filters."""
    filters = f"?{query}" if query else ""
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", f"{url}.atom{filters}")
    _add(feed, "title", f"Problems: {city}")
    _add(feed, "updated", max((one["updated_datetime"] for one in problems), default=_NEVER))
    _add(_add(feed, "author"), "name", city)
    _add(feed, "link", rel="self", href=f"{url}.atom{filters}", type=ATOM_TYPE)
    _add(feed, "link", rel="alternate", href=f"{url}{filters}", type="text/html")
    for one in problems:
        _entry(feed, one, url)
    return _DECLARATION + bytes(ET.tostring(feed, encoding="utf-8"))


def _entry(feed: ET.Element, one: Fields, url: str) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", f"{url}#{one['service_request_id']}")
    _add(entry, "title", ": ".join(filter(None, (one["service_name"], one["address"]))))
    _add(entry, "published", one["requested_datetime"])
    _add(entry, "updated", one["updated_datetime"])
    _add(entry, "link", rel="alternate", href=f"{url}#{one['service_request_id']}")
    _add(entry, "category", term=one["service_code"], label=one["service_name"])
    _add(entry, "category", term=one["status"])
    words = one["description"] if one["description"] != one["service_name"] else None
    _add(entry, "content", "\n\n".join(filter(None, (words, one["status_notes"]))), type="text")
    if one["lat"] is not None:
        ET.SubElement(entry, f"{{{_GEORSS}}}point").text = f"{one['lat']} {one['long']}"


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    child.text = xml_text(text) or None
    return child


def geojson(problems: Sequence[Fields]) -> bytes:
    """Return a feature collection; a problem without a point has no geometry."""
    features = [_feature(one) for one in problems]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False).encode()


def _feature(one: Fields) -> Mapping[str, Any]:
    point = {"type": "Point", "coordinates": [one["long"], one["lat"]]}
    return {
        "type": "Feature",
        "id": one["service_request_id"],
        "geometry": None if one["lat"] is None else point,
        "properties": {name: value for name, value in one.items() if name not in ("lat", "long")},
    }
