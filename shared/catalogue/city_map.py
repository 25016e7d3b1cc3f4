"""The map of a city for the residents' pages: lines, areas and names, as GeoJSON."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.catalogue.field_types import Latitude, Longitude, Text
from shared.catalogue.issue import CatalogueIssue

MAP = "map.geojson"
_MOST_ISSUES = 10

MapKind: TypeAlias = Literal["water", "park", "street", "freeway", "area"]
"""Kind of a feature; an ``area`` is a name alone, such as that of a neighbourhood."""

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
