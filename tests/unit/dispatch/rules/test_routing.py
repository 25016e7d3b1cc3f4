from collections.abc import Collection

import pytest

from services.dispatch.rules.routing import CaseRoute, RoutingContext, route
from shared.vocabulary import PriorityLevel
from tests.unit.dispatch.factories import CITY

EVERYBODY = frozenset(CITY.bureaus)
AROUND_THE_CLOCK = frozenset({"DESK", "FIRE", "POLICE", "RANGERS"})


def routed(
    kind: str,
    level: PriorityLevel = "P4",
    *,
    there: Collection[str] = EVERYBODY,
    met: Collection[str] = (),
) -> CaseRoute | None:
    return route(RoutingContext(CITY.services[kind], level, met, there.__contains__))


@pytest.mark.parametrize(
    ("kind", "level", "there", "leads"),
    [
        pytest.param("POTHOLE", "P4", EVERYBODY, ("ROADS", "kind-to-lead"), id="routine"),
        pytest.param(
            "POTHOLE", "P4", AROUND_THE_CLOCK, ("ROADS", "kind-to-lead"), id="routine at night"
        ),
        pytest.param(
            "POTHOLE", "P2", EVERYBODY, ("DESK", "urgent-to-dispatch-desk"), id="urgent by day"
        ),
        pytest.param(
            "POTHOLE",
            "P1",
            AROUND_THE_CLOCK,
            ("DESK", "urgent-to-dispatch-desk"),
            id="urgent at night",
        ),
        pytest.param("POTHOLE", "P3", EVERYBODY, ("ROADS", "kind-to-lead"), id="not urgent enough"),
        pytest.param(
            "POTHOLE", "P1", {"ROADS"}, ("ROADS", "kind-to-lead"), id="nobody at the desk"
        ),
        pytest.param("PARK-HAZARD", "P1", EVERYBODY, ("PARKS", "kind-to-lead"), id="lead is there"),
        pytest.param(
            "PARK-HAZARD",
            "P1",
            AROUND_THE_CLOCK,
            ("RANGERS", "closed-to-after-hours"),
            id="lead is gone",
        ),
        pytest.param("PARK-HAZARD", "P1", set(), ("PARKS", "kind-to-lead"), id="all are gone"),
        pytest.param(
            "BLOCKED-DRIVEWAY",
            "P3",
            {"PARKING"},
            ("PARKING", "closed-to-after-hours"),
            id="lead is gone, not urgent",
        ),
        pytest.param(
            "WIRE", "P1", EVERYBODY, ("DESK", "outside-lead-city-part"), id="somebody outside leads"
        ),
        pytest.param(
            "BUS-SHELTER", "P2", set(), ("DESK", "hazard-to-city"), id="hazard of an outside agency"
        ),
        pytest.param(
            "BUS-SHELTER", "P4", EVERYBODY, ("DESK", "hazard-to-city"), id="lowered hazard"
        ),
    ],
)
def test_the_first_rule_that_names_a_bureau_chooses_the_lead(
    kind: str, level: PriorityLevel, there: Collection[str], leads: tuple[str, str]
) -> None:
    found = routed(kind, level, there=there)

    assert found is not None
    assert (found.lead.bureau, found.lead.rule) == leads


def test_without_a_part_for_the_city_there_is_no_route() -> None:
    assert routed("TRANSIT") is None


@pytest.mark.parametrize(
    ("kind", "level", "there", "met", "informed"),
    [
        pytest.param("POTHOLE", "P4", EVERYBODY, (), {}, id="nobody else"),
        pytest.param("SINKHOLE", "P1", EVERYBODY, (), {"WATER": "kind-informs"}, id="always"),
        pytest.param("CAMP", "P3", EVERYBODY, (), {}, id="condition not met"),
        pytest.param(
            "CAMP",
            "P3",
            EVERYBODY,
            ("crime", "tents"),
            {"POLICE": "informed-when-crime"},
            id="condition met",
        ),
        pytest.param(
            "SIDEWALK",
            "P3",
            EVERYBODY,
            ("signal_pole",),
            {"DESK": "informed-when-signal-pole"},
            id="condition of two words",
        ),
        pytest.param(
            "WIRE", "P1", EVERYBODY, (), {"FIRE": "kind-informs"}, id="not the lead again"
        ),
        pytest.param(
            "BUS-SHELTER",
            "P2",
            EVERYBODY,
            ("crime",),
            {"POLICE": "informed-when-crime"},
            id="beside the lead of a hazard",
        ),
        pytest.param(
            "POTHOLE", "P2", EVERYBODY, (), {"ROADS": "regular-lead"}, id="who would lead otherwise"
        ),
        pytest.param(
            "PARK-HAZARD",
            "P1",
            AROUND_THE_CLOCK,
            (),
            {"PARKS": "regular-lead"},
            id="informed bureau leads for once",
        ),
    ],
)
def test_informed_are_the_displaced_lead_and_whom_the_kind_names(
    kind: str,
    level: PriorityLevel,
    there: Collection[str],
    met: Collection[str],
    informed: dict[str, str],
) -> None:
    found = routed(kind, level, there=there, met=met)

    assert found is not None
    assert {a.bureau: a.rule for a in found.informed} == informed
