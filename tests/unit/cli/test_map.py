"""``route311 map build``, with the real tippecanoe."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build
from cli.map_layers import for_map, read_features
from tests.support.paths import DATA

LINE = {"type": "LineString", "coordinates": [[-122.6, 45.5], [-122.59, 45.51]]}
EXTRACTS = DATA / "osm_extracts"


def feature(**properties: str) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": LINE}


def test_a_map_is_made_of_files_named_by_layer(tmp_path: Path) -> None:
    streets = tmp_path / "streets.ndjson"
    streets.write_text(json.dumps(feature(name="Southeast Main Street", highway="primary")))
    water = tmp_path / "water-2026.geojson"
    water.write_text(json.dumps({"type": "FeatureCollection", "features": [feature()]}))
    out = tmp_path / "town.pmtiles"
    arguments = ["map", "build", str(streets), str(water), "--out", str(out)]

    done = CliRunner().invoke(build(arguments), arguments)

    assert done.exit_code == 0, done.output
    assert out.read_bytes()[:7] == b"PMTiles"
    assert done.output.endswith("with 1 water, 1 streets\n")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [("streets.geojson", "{", "not GeoJSON"), ("roads.geojson", '{"features": []}', "by layer")],
)
def test_a_file_that_makes_no_map_is_named(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    (tmp_path / name).write_text(text)
    arguments = ["map", "build", str(tmp_path / name), "--out", str(tmp_path / "x.pmtiles")]

    done = CliRunner().invoke(build(arguments), arguments)

    assert reason in str(done.exception)
    assert not (tmp_path / "x.pmtiles").exists()


@pytest.mark.parametrize(
    ("highway", "class_"),
    [("motorway_link", "link"), ("footway", "path"), ("residential", "minor"), ("", "minor")],
)
def test_a_street_has_its_class_and_its_short_name(highway: str, class_: str) -> None:
    shown = for_map("streets", feature(name="Southeast Main Street", highway=highway))

    assert shown["properties"] == {
        "name": "Southeast Main Street",
        "class": class_,
        "short": "SE Main St",
    }


@pytest.mark.parametrize(
    ("city", "streets", "layers"),
    [
        ("columbus", 10_000, {"buildings", "parks", "water"}),
        ("oslo-east", 10_000, set()),
        ("portland-central", 3_000, set()),  # with ways whose nodes lie outside
    ],
)
def test_an_extract_of_another_city_has_its_streets(
    city: str, streets: int, layers: set[str]
) -> None:
    extract = EXTRACTS / f"{city}.osm.pbf"
    if not extract.exists():
        pytest.skip(f"{extract} is not there")

    found = [layer for layer, _, _ in read_features(extract)]

    assert found.count("streets") > streets
    assert layers <= {*found}
