"""The file with the map of a city."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.catalogue import CatalogueError, load_catalogue
from shared.catalogue.city_map import MAP, map_issues, read_city_map
from tests.support.catalogue_files import GOOD, write

LINE = {"type": "LineString", "coordinates": [[-122.6, 45.5], [-122.5, 45.5]]}


def written(folder: Path, geometry: Any, **properties: Any) -> Path:
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (folder / MAP).write_text(json.dumps(collection))
    return folder


def test_a_city_may_have_no_map(tmp_path: Path) -> None:
    assert read_city_map(tmp_path).features == ()


def test_properties_of_other_programs_are_passed_over(tmp_path: Path) -> None:
    folder = written(tmp_path, LINE, kind="street", name="Main St", osm_id=1)

    [feature] = read_city_map(folder).features
    assert (feature.properties.name, feature.properties.width_m) == ("Main St", None)
    assert list(map_issues(folder)) == []


@pytest.mark.parametrize(
    ("geometry", "properties", "at"),
    [
        (LINE, {"kind": "road"}, "features.0.properties.kind"),
        (LINE, {"kind": "water", "width_m": 0}, "features.0.properties.width_m"),
        ({"type": "Circle"}, {"kind": "area"}, "features.0.geometry"),
        ({**LINE, "coordinates": [[45.5, -122.6], [45.5, -122.5]]}, {"kind": "street"}, "features"),
        ({**LINE, "coordinates": [[-122.6, 45.5]]}, {"kind": "street"}, "features.0.geometry"),
    ],
)
def test_an_issue_names_the_place_in_the_file(
    tmp_path: Path, geometry: Any, properties: dict[str, Any], at: str
) -> None:
    found = list(map_issues(written(tmp_path, geometry, **properties)))

    assert found
    assert found[0].file == f"{tmp_path.name}/{MAP}"
    assert found[0].reason.startswith(at)


def test_a_catalogue_with_such_an_issue_is_not_loaded(tmp_path: Path) -> None:
    root = write(tmp_path, {**GOOD, f"town.gov/{MAP}": "{}"})
    assert load_catalogue(root)
    write(tmp_path, {f"town.gov/{MAP}": "{"})

    with pytest.raises(CatalogueError, match=f"town.gov/{MAP}:1: "):
        load_catalogue(root)


def test_a_file_that_is_no_json_is_an_issue(tmp_path: Path) -> None:
    (tmp_path / MAP).write_text("{")

    assert "JSON" in next(map_issues(tmp_path)).reason
