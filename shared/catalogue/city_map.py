"""Residents' pages of a city: title and colour, and the map of lines, areas and names (GeoJSON)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from shared.catalogue.field_types import Entry, Latitude, LocalTextEntry, Longitude, Text
from shared.catalogue.issue import CatalogueIssue
from shared.catalogue.texts import LocalText

_COLOR = re.compile(r"#[0-9a-f]{6}")

# Contrast with white; on the pages' tints it is then 4.5 at least, as WCAG 2.1 AA asks.
_LEAST_CONTRAST = 5.5

_LINEAR_BELOW = 0.04045


def luminance(color: str) -> float:
    """Return the relative luminance of a colour such as ``#0b5a6b``, 0 to 1, as WCAG defines it."""
    red, green, blue = (_linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _linear(share: float) -> float:
    if share <= _LINEAR_BELOW:
        return share / 12.92
    return float(((share + 0.055) / 1.055) ** 2.4)


def _brand(color: str) -> str:
    if not _COLOR.fullmatch(color):
        raise ValueError("write a colour as '#0b5a6b', in small letters and in quotes")
    found = contrast(color, "#ffffff")
    if found < _LEAST_CONTRAST:
        raise ValueError(
            f"white text on this colour has a contrast of {found:.1f}: choose a darker one, with "
            f"{_LEAST_CONTRAST} or more"
        )
    return color


class CityPagesEntry(Entry):
    """The part ``pages`` of ``jurisdiction.yaml``."""

    title: LocalTextEntry
    color: Annotated[str, AfterValidator(_brand)] = Field(default="#0b5a6b")


@dataclass(frozen=True, slots=True)
class CityPages:
    """Name and colour, as ``#rrggbb``, of the residents' pages of a city."""

    title: LocalText
    color: str


MAP = "map.geojson"
# File of well-known places in a city's folder: CSV with name, street, number, lat and lon.
GAZETTEER = "gazetteer.csv"
_MOST_ISSUES = 10

# Kind of a feature; an `area` is a name alone, such as that of a neighbourhood.
MapKind: TypeAlias = Literal["water", "park", "street", "freeway", "area"]

Position: TypeAlias = tuple[Longitude, Latitude]
Line: TypeAlias = Annotated[tuple[Position, ...], Field(min_length=2)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class MapPoint(_Part):
    """A point."""

    type: Literal["Point"]
    coordinates: Position


class MapLine(_Part):
    """A line."""

    type: Literal["LineString"]
    coordinates: Line


class MapLines(_Part):
    """Several lines, or the rings of an area."""

    type: Literal["MultiLineString", "Polygon"]
    coordinates: tuple[Line, ...] = Field(min_length=1)


class MapAreas(_Part):
    """Several areas."""

    type: Literal["MultiPolygon"]
    coordinates: tuple[tuple[Line, ...], ...] = Field(min_length=1)


class MapProperties(_Part):
    """Properties of a feature; ``width_m`` is the width of a line such as a river, in metres."""

    kind: MapKind
    name: Text | None = None
    width_m: float | None = Field(default=None, gt=0)


class MapFeature(_Part):
    """A feature of the map."""

    properties: MapProperties
    geometry: Annotated[MapPoint | MapLine | MapLines | MapAreas, Field(discriminator="type")]

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of its geometry: a point is one, an area has its rings."""
        match self.geometry:
            case MapPoint(coordinates=position):
                return ((position,),)
            case MapLine(coordinates=line):
                return (line,)
            case MapLines(coordinates=lines):
                return lines
            case MapAreas(coordinates=areas):
                return tuple(ring for area in areas for ring in area)

    @property
    def is_area(self) -> bool:
        """True where its lines are rings."""
        return self.geometry.type in ("Polygon", "MultiPolygon")


class CityMap(_Part):
    """The file ``map.geojson``."""

    features: tuple[MapFeature, ...] = ()


def read_city_map(folder: Path) -> CityMap:
    """Return the map in a city's folder; an empty one without the file."""
    file = folder / MAP
    return CityMap.model_validate_json(file.read_bytes()) if file.exists() else CityMap()


def map_issues(folder: Path) -> Iterator[CatalogueIssue]:
    """Yield the issues of the map in a city's folder."""
    try:
        read_city_map(folder)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False)[:_MOST_ISSUES]:
            where = ".".join(map(str, one["loc"]))
            yield CatalogueIssue(f"{folder.name}/{MAP}", 1, f"{where}: {one['msg']}".lstrip(": "))
