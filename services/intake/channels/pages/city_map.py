"""Draws the map of a city as SVG, in whole metres east and south of its north-western corner."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, degrees, floor, hypot, pi, radians, sin
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import jinja2

from shared.catalogue import Jurisdiction
from shared.catalogue.city_map import GAZETTEER, MapFeature, read_city_map
from shared.geo import LIMITS
from shared.vocabulary import EARTH_RADIUS_M

# Longitudes and latitudes of a line.
Degrees: TypeAlias = Sequence[tuple[float, float]]
Metres: TypeAlias = list[tuple[float, float]]

_MARGIN_M = 1_000.0
# Distance between the labels of a street on a map that is shown near.
_STREET_LABELS_M = 1_400.0
# Metres of a pixel for which the labels of a level are chosen.
_PIXEL_M: Mapping[str, float] = MappingProxyType({"far": 70.0, "mid": 25.0, "near": 3.5})
_LETTER_PX, _CELL_PX = 6, 22
_DEGREE_M = EARTH_RADIUS_M * pi / 180


class _Label(NamedTuple):
    """A name on the map from level ``far``, ``mid`` or ``near`` on; angle in degrees, -90 to 90."""

    text: str
    kind: str
    level: str
    x: int
    y: int
    angle: int = 0


class _Path(NamedTuple):
    kind: str
    width: float | None
    data: str


@dataclass(frozen=True, slots=True)
class Projection:
    """Linear projection of degrees to metres from the north-western corner, for one city."""

    west: float
    north: float
    x_per_degree: float
    y_per_degree: float = _DEGREE_M

    def metres(self, line: Degrees) -> Metres:
        """Return a line in metres."""
        return [
            ((lon - self.west) * self.x_per_degree, (self.north - lat) * self.y_per_degree)
            for lon, lat in line
        ]


def draw_city_map(city: Jurisdiction) -> str | None:
    """Return the map of a city; None where nothing is known of its ground."""
    features = read_city_map(city.folder).features
    ground = _limits(city)
    corners = ground or [line for feature in features for line in feature.lines]
    if not corners:
        return None
    projection, width, height = _projection(corners)
    labels = _uncrowded([*_places(city, projection), *_names(features, projection)])
    return _template().render(
        projection=projection,
        width=round(width),
        height=round(height),
        ground=_data(map(projection.metres, ground)),
        paths=list(_paths(features, projection)),
        labels=list(labels),
    )


def _limits(city: Jurisdiction) -> list[Degrees]:
    file = city.folder / LIMITS
    if not file.exists():
        return []
    shapes: Iterable[dict[str, Any]] = (
        feature["geometry"] for feature in json.loads(file.read_bytes())["features"]
    )
    return [
        area[0]
        for shape in shapes
        for area in (
            shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        )
    ]


def _projection(lines: Iterable[Degrees]) -> tuple[Projection, float, float]:
    points = [point for line in lines for point in line]
    longitudes, latitudes = zip(*points, strict=True)
    middle = radians((min(latitudes) + max(latitudes)) / 2)
    x_per_degree = _DEGREE_M * cos(middle)
    west = min(longitudes) - _MARGIN_M / x_per_degree
    north = max(latitudes) + _MARGIN_M / _DEGREE_M
    width = (max(longitudes) - west) * x_per_degree + _MARGIN_M
    height = (north - min(latitudes)) * _DEGREE_M + _MARGIN_M
    return Projection(west, north, x_per_degree), width, height


def _paths(features: Iterable[MapFeature], projection: Projection) -> Iterator[_Path]:
    lines: dict[tuple[str, float | None], list[Metres]] = {}
    for feature in features:
        kind, width = feature.properties.kind, feature.properties.width_m
        style = f"{kind} ground" if feature.is_area else kind
        drawn = [line for line in feature.lines if len(line) > 1]
        lines.setdefault((style, width), []).extend(map(projection.metres, drawn))
    for (style, width), found in lines.items():
        if found:
            yield _Path(style, width, _data(found))


def _data(lines: Iterable[Metres]) -> str:
    data = []
    for line in lines:
        whole = [(round(x), round(y)) for x, y in line]
        steps = (f"{x - a} {y - b}" for (a, b), (x, y) in pairwise(whole))
        data.append(f"M{whole[0][0]} {whole[0][1]}l{' '.join(steps)}")
    return "".join(data).replace(" -", "-")


def _names(features: Iterable[MapFeature], projection: Projection) -> Iterator[_Label]:
    for feature in features:
        name, kind = feature.properties.name, feature.properties.kind
        if name is None:
            continue
        for line in feature.lines:
            metres = projection.metres(line)
            if len(metres) == 1 or feature.is_area:
                x, y = metres[0]
                yield _Label(name, kind, "mid", round(x), round(y))
            else:
                yield from _along(name, kind, metres)


def _along(name: str, kind: str, line: Metres) -> Iterator[_Label]:
    """Yield a label in the middle of a line for the map from afar, and several for it near."""
    length = sum(hypot(x - a, y - b) for (a, b), (x, y) in pairwise(line))
    yield _at(name, kind, "far" if kind == "water" else "mid", line, length / 2)
    count = round(length / _STREET_LABELS_M)
    for number in range(count):
        yield _at(name, kind, "near", line, (number + 0.5) * length / count)


def _at(name: str, kind: str, level: str, line: Metres, distance: float) -> _Label:
    for (a, b), (x, y) in pairwise(line):
        step = hypot(x - a, y - b)
        if distance <= step and step:
            share = distance / step
            angle = degrees(atan2(y - b, x - a))
            upright = angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle  # noqa: PLR2004
            at_x, at_y = a + (x - a) * share, b + (y - b) * share
            return _Label(name, kind, level, round(at_x), round(at_y), round(upright))
        distance -= step
    x, y = line[-1]
    return _Label(name, kind, level, round(x), round(y))


def _places(city: Jurisdiction, projection: Projection) -> Iterator[_Label]:
    file = city.folder / GAZETTEER
    if not file.exists():
        return
    named: dict[tuple[float, float], str] = {}
    with file.open(encoding="utf-8-sig", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["name"] and not row["street"]:
                named.setdefault((float(row["lon"]), float(row["lat"])), row["name"])
    for point, name in named.items():
        [(x, y)] = projection.metres([point])
        yield _Label(name, "place", "near", round(x), round(y))


def _uncrowded(labels: Iterable[_Label]) -> Iterator[_Label]:
    taken: set[tuple[str, int, int]] = set()
    for label in labels:
        cells = set(_cells(label))
        if taken.isdisjoint(cells):
            taken |= cells
            yield label


def _cells(label: _Label) -> Iterator[tuple[str, int, int]]:
    cell = _CELL_PX * _PIXEL_M[label.level]
    half = (len(label.text) * _LETTER_PX + _CELL_PX) / 2 / _CELL_PX
    right, down = cos(radians(label.angle)), sin(radians(label.angle))
    for along in (-half, -half / 2, 0, half / 2, half):
        for across in (-0.4, 0.4):
            x = label.x / cell + right * along - down * across
            y = label.y / cell + down * along + right * across
            yield label.level, floor(x), floor(y)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("services.intake.channels.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("map.svg.j2")
