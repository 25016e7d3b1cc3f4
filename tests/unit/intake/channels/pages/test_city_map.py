"""The map as it is drawn: where things lie, and which names it shows."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from services.intake.channels.pages.city_map import draw_city_map
from shared.catalogue import load_catalogue
from shared.vocabulary import GeoPoint, distance_m

PORTLAND = load_catalogue().jurisdictions["portland.gov"]
SVG = "{http://www.w3.org/2000/svg}"


def drawn(text: str | None) -> Any:
    assert text is not None
    return etree.fromstring(text.encode())


def degrees(svg: Any, x: float, y: float) -> GeoPoint:
    """Where a point of the map lies, as a browser computes it."""
    west, north, x_per_degree, y_per_degree = (
        float(svg.get(f"data-{name}")) for name in ("west", "north", "x-per-degree", "y-per-degree")
    )
    return GeoPoint(north - y / y_per_degree, west + x / x_per_degree)


def position(text: Any) -> tuple[float, float]:
    x, y = text.get("transform").removeprefix("translate(").partition(")")[0].split()
    return float(x), float(y)


def city(folder: Path, *features: tuple[dict[str, Any], dict[str, Any]]) -> Any:
    """Portland with another folder."""
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": properties, "geometry": geometry}
            for properties, geometry in features
        ],
    }
    (folder / "map.geojson").write_text(json.dumps(collection))
    return replace(PORTLAND, folder=folder)


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("Pioneer Courthouse Square", GeoPoint(45.5189, -122.6793)),
        ("Kelley Point Park", GeoPoint(45.6486, -122.7637)),
        ("Powell Butte Nature Park", GeoPoint(45.4903, -122.4975)),
    ],
)
def test_a_place_lies_where_the_gazetteer_says(name: str, point: GeoPoint) -> None:
    svg = drawn(draw_city_map(PORTLAND))
    [label] = [text for text in svg.iter(f"{SVG}text") if text.text == name]

    assert distance_m(degrees(svg, *position(label)), point) < 2


def test_everything_lies_within_the_map_and_a_point_is_named_once() -> None:
    svg = drawn(draw_city_map(PORTLAND))
    _, _, width, height = map(float, svg.get("viewBox").split())
    places = [text for text in svg.iter(f"{SVG}text") if text.get("class") == "place"]

    assert len({position(text) for text in places}) == len(places)
    for x, y in map(position, places):
        assert 0 <= x <= width
        assert 0 <= y <= height


def test_a_street_is_named_along_its_length_and_never_upside_down(tmp_path: Path) -> None:
    westward = {"type": "LineString", "coordinates": [[-122.5, 45.5], [-122.6, 45.5]]}
    southward = {"type": "LineString", "coordinates": [[-122.5, 45.55], [-122.5, 45.5]]}
    svg = drawn(
        draw_city_map(
            city(
                tmp_path,
                ({"kind": "street", "name": "Main St"}, westward),
                ({"kind": "street", "name": "1st Ave"}, southward),
            )
        )
    )
    near = svg.xpath("*[@class='near']/*")

    assert [text.text for text in near] == ["Main St"] * 6 + ["1st Ave"] * 4
    assert [text.get("transform").partition(" rotate")[2] for text in near[:1]] == [""]
    assert near[-1].get("transform").endswith("rotate(90)")


def test_names_are_escaped_and_a_rivers_width_is_kept(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[-122.5, 45.5], [-122.6, 45.6]]}
    river = {"kind": "water", "name": "<script>&", "width_m": 300}
    svg = drawn(draw_city_map(city(tmp_path, (river, line))))

    assert {text.text for text in svg.iter(f"{SVG}text")} == {"<script>&"}
    [path] = svg.xpath("*[@stroke-width]")
    assert float(path.get("stroke-width")) == 300


def test_of_two_names_that_would_overlap_the_first_is_shown(tmp_path: Path) -> None:
    areas = [
        ({"kind": "area", "name": name}, {"type": "Point", "coordinates": [longitude, 45.5]})
        for name, longitude in (("Here", -122.6), ("Near", -122.601), ("Far", -122.7))
    ]
    svg = drawn(draw_city_map(city(tmp_path, *areas)))

    assert [text.text for text in svg.iter(f"{SVG}text")] == ["Here", "Far"]


def test_a_city_without_data_has_no_map(tmp_path: Path) -> None:
    assert draw_city_map(replace(PORTLAND, folder=tmp_path)) is None
