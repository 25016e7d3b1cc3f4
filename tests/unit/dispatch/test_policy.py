import json
from pathlib import Path
from typing import Literal

import pytest

from services.dispatch.policy import DispatchPolicy, NotInCatalogueError
from services.dispatch.rules.routing import route
from shared.catalogue import load_catalogue
from shared.contract.events import Location
from tests.support.builders import NOON
from tests.support.catalogue_files import GOOD, ROUTING, write
from tests.support.dispatch.factories import CALENDAR, CITY, POLICY

AREAS = "town.gov/areas.geojson"


def test_a_topic_of_updates_belongs_to_one_bureau() -> None:
    assert POLICY.bureau_by_topic["bureau-roads-updates"] == "ROADS"
    assert set(POLICY.bureau_by_topic.values()) == set(CITY.bureaus)


def test_each_jurisdiction_works_by_its_own_calendar() -> None:
    assert POLICY.calendars == {"harbour.gov": CALENDAR}


@pytest.mark.parametrize(
    ("jurisdiction", "kind"), [("nowhere.gov", "POTHOLE"), ("harbour.gov", "UNICORN")]
)
def test_what_the_catalogue_does_not_have_cannot_be_handled(jurisdiction: str, kind: str) -> None:
    with pytest.raises(NotInCatalogueError) as refused:
        POLICY.kind(jurisdiction, kind)

    assert kind not in str(refused.value)


def test_a_rule_for_an_area_matches_the_points_in_its_polygon(tmp_path: Path) -> None:
    ring = [[-122.7, 45.5], [-122.6, 45.5], [-122.6, 45.6], [-122.7, 45.5]]
    features = [
        {
            "type": "Feature",
            "properties": {"code": "harbour"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
    ]
    rules = "- {rule: to-the-desk, when: {area: harbour}, lead: DESK}\n"
    areas = json.dumps({"type": "FeatureCollection", "features": features})
    root = write(tmp_path, {**GOOD, ROUTING: rules, AREAS: areas})
    policy = DispatchPolicy.of(load_catalogue(root))
    city, hole = policy.kind("town.gov", "HOLE")

    def lead(latitude: float, precision: Literal["point", "default"]) -> str:
        at = Location(latitude=latitude, longitude=-122.62, precision=precision)
        found = route(policy.routing_context(city, hole, "P4", NOON, location=at), city.routing)
        assert found is not None
        return found.lead.bureau

    assert [lead(45.55, "point"), lead(45.65, "point"), lead(45.55, "default")] == [
        "DESK",
        "ROADS",
        "ROADS",
    ]


def test_work_can_go_to_the_bureaus_of_the_same_city() -> None:
    assert "WATER" in POLICY.bureau_codes("harbour.gov")
    assert not POLICY.bureau_codes("nowhere.gov")
