"""The map of a city for the residents' pages: lines, areas and names, as GeoJSON."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.catalogue.field_types import Latitude, Longitude, Text
from shared.catalogue.issue import CatalogueIssue

MAP = "map.geojson"
# File of well-known places in a city's folder: CSV with name, street, number, lat and lon.
GAZETTEER = "gazetteer.csv"
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

    @property
    def lines(self) -> tuple[Line, ...]:
        """The point as a line."""
        return ((self.coordinates,),)


class MapLine(_Part):
    """A line."""

    type: Literal["LineString"]
    coordinates: Line

    @property
    def lines(self) -> tuple[Line, ...]:
        """The line."""
        return (self.coordinates,)


class MapLines(_Part):
    """Several lines, or the rings of an area."""

    type: Literal["MultiLineString", "Polygon"]
    coordinates: tuple[Line, ...] = Field(min_length=1)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines."""
        return self.coordinates


class MapAreas(_Part):
    """Several areas."""

    type: Literal["MultiPolygon"]
    coordinates: tuple[tuple[Line, ...], ...] = Field(min_length=1)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The rings of all areas."""
        return tuple(ring for area in self.coordinates for ring in area)


class MapProperties(_Part):
    """Properties of a feature.

    Attributes:
        name: Its name; None for none.
        width_m: Width of a line in metres, such as a river's; None for a line as streets have.
    """

    kind: MapKind
    name: Text | None = None
    width_m: float | None = Field(default=None, gt=0)


class MapFeature(_Part):
    """A feature of the map."""

    properties: MapProperties
    geometry: Annotated[MapPoint | MapLine | MapLines | MapAreas, Field(discriminator="type")]

    @property
    def is_area(self) -> bool:
        """True where its lines are rings."""
        return self.geometry.type in ("Polygon", "MultiPolygon")


class CityMap(_Part):
    """The file ``map.geojson``."""

    features: tuple[MapFeature, ...] = ()


def read_city_map(folder: Path) -> CityMap:
    """Return the map in a city's folder; an empty one without the file.

    Raises:
        ValidationError: The file is invalid.
    """
    file = folder / MAP
    return CityMap.model_validate_json(file.read_bytes()) if file.exists() else CityMap()


def map_issues(folder: Path) -> Iterator[CatalogueIssue]:
    """Yield what is wrong with the map in a city's folder."""
    try:
        read_city_map(folder)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False)[:_MOST_ISSUES]:
            where = ".".join(map(str, one["loc"]))
            yield CatalogueIssue(f"{folder.name}/{MAP}", 1, f"{where}: {one['msg']}".lstrip(": "))
