"""Public problems as an Atom feed (RFC 4287, with GeoRSS) and as GeoJSON (RFC 7946)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2

from services.intake.channels.listing.views import xml_text

ATOM_TYPE, GEOJSON_TYPE = "application/atom+xml", "application/geo+json"
_FEED = jinja2.Environment(
    loader=jinja2.PackageLoader("services.intake.channels.pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
).get_template("problems.atom.j2")

Fields = Mapping[str, Any]
"""The public fields of a problem, in Open311's words."""


def atom(problems: Sequence[Fields], url: str, query: str, city: str) -> bytes:
    """Return a feed of problems; ``url`` is that of their page, ``query`` its filters."""
    filters = f"?{query}" if query else ""
    feed = _FEED.render(problems=problems, url=url, filters=filters, city=city)
    return xml_text(feed).encode()


def geojson(problems: Sequence[Fields]) -> bytes:
    """Return a feature collection; a problem without a point has no geometry."""
    features = []
    for one in problems:
        properties = dict(one)
        at = [properties.pop("long"), properties.pop("lat")]
        geometry = None if None in at else {"type": "Point", "coordinates": at}
        id_ = one["service_request_id"]
        features.append(
            {"type": "Feature", "id": id_, "geometry": geometry, "properties": properties}
        )
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False).encode()
