"""Layers of a base map, from GeoJSON or an extract of OpenStreetMap."""

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, TypeAlias

from cli.street_labels import short_label

Feature: TypeAlias = dict[str, Any]

LAYERS = ("city", "parks", "water", "rivers", "buildings", "streets", "neighbourhoods", "labels")
# Classes of streets by the tag `highway`; the others of a map are minor.
_CLASSES: Mapping[str, str] = {
    "motorway": "motorway",
    "trunk": "trunk",
    "primary": "primary",
    "secondary": "secondary",
    "tertiary": "tertiary",
    "service": "service",
    **dict.fromkeys(("motorway_link", "trunk_link", "primary_link"), "link"),
    **dict.fromkeys(("footway", "path", "cycleway", "steps", "pedestrian", "bridleway"), "path"),
}
_NO_STREETS = frozenset({"proposed", "construction", "platform", "rest_area", "services"})
_PARKS = frozenset({"park", "garden", "nature_reserve", "pitch", "golf_course"})


def read_features(file: Path) -> Iterator[tuple[str, int, Feature]]:
    """Yield layer, line and feature of GeoJSON whole or by line, or of an OpenStreetMap extract.

    The layer of GeoJSON is the name of its file: ``streets`` for ``streets.ndjson.gz``.
    """
    if file.suffix == ".pbf":
        for number, (layer, feature) in enumerate(_extract(file), 1):
            yield layer, number, feature
        return
    layer = file.name.partition(".")[0].partition("-")[0]
    with opened(file) as text:
        for number, feature in _lines(text.read()):
            yield layer, number, feature


def opened(file: Path) -> IO[str]:
    """Open a text file, which may be compressed by gzip."""
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def for_map(layer: str, feature: Feature) -> Feature:
    """Return a feature with the properties that the style of the residents' map reads."""
    properties = feature["properties"] or {}
    name = properties.get("name")
    shown = {"name": name} if name else {}
    if layer == "streets":
        shown["class"] = properties.get("class") or street_class(properties.get("highway") or "")
        shown["short"] = short_label(name) if name else None
    return {"type": "Feature", "properties": shown, "geometry": feature["geometry"]}


def street_class(highway: str) -> str:
    """Return the class of a street by its tag ``highway``."""
    return _CLASSES.get(highway, "minor")


def _lines(text: str) -> Iterator[tuple[int, Feature]]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield number, json.loads(line)
    else:
        yield from enumerate(whole.get("features", [whole]), 1)


def _extract(file: Path) -> Iterator[tuple[str, Feature]]:
    import osmium  # noqa: PLC0415 - of the extra `map`

    shapes = osmium.geom.GeoJSONFactory()
    with TemporaryDirectory(prefix="route311-osm-") as folder:
        ordered = f"{folder}/ordered.osm.pbf"  # areas are made of parts in order
        merge = osmium.MergeInputReader()
        merge.add_file(str(file))
        with osmium.SimpleWriter(ordered) as writer:
            merge.apply(writer)
        for one in osmium.FileProcessor(ordered).with_areas():
            tags = {tag.k: tag.v for tag in one.tags}
            # Its nodes lie outside the extract.
            with suppress(RuntimeError, osmium.InvalidLocationError):
                for layer, shape in _shapes(one, tags, shapes):
                    found = {"type": "Feature", "properties": tags, "geometry": json.loads(shape)}
                    yield layer, found


def _shapes(
    one: Any,  # noqa: ANN401 - an object of osmium
    tags: Mapping[str, str],
    shapes: Any,  # noqa: ANN401 - a factory of osmium
) -> Iterator[tuple[str, str]]:
    if one.is_area():
        for layer in _layers_of_area(tags):
            yield layer, shapes.create_multipolygon(one)
    elif one.is_way() and tags.get("highway", "proposed") not in _NO_STREETS:
        yield "streets", shapes.create_linestring(one)
    elif one.is_way() and tags.get("waterway") in {"river", "stream", "canal"}:
        yield "rivers", shapes.create_linestring(one)
    elif one.is_node() and "addr:street" in tags:
        yield "addresses", shapes.create_point(one)


def _layers_of_area(tags: Mapping[str, str]) -> Iterator[str]:
    if tags.get("leisure") in _PARKS or tags.get("landuse") in {"forest", "cemetery"}:
        yield "parks"
    if tags.get("natural") == "water":
        yield "water"
    if "building" in tags:
        yield "buildings"
