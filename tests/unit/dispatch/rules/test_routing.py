from collections.abc import Collection
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from services.dispatch.rules.routing import Assignment, CaseRoute, RoutingContext, route, unmet
from shared.catalogue import HOLIDAY, RoutingCondition, RoutingRule
from shared.vocabulary import PriorityLevel
from tests.support.dispatch.factories import CITY, local

EVERYBODY = frozenset(CITY.bureaus)
TUESDAY = local("2026-03-03 10:00")
AROUND_THE_CLOCK = frozenset({"DESK", "FIRE", "POLICE", "RANGERS"})


def routed(
    kind: str,
    level: PriorityLevel = "P4",
    *,
    there: Collection[str] = EVERYBODY,
    met: Collection[str] = (),
) -> CaseRoute | None:
    context = RoutingContext(CITY.services[kind], level, met, there.__contains__, TUESDAY)
    return route(context, CITY.routing)


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
        pytest.param("PARK-HAZARD", "P1", EVERYBODY, ("PARKS", "kind-to-lead"), id="lead is there"),
        pytest.param(
            "PARK-HAZARD",
            "P1",
            AROUND_THE_CLOCK,
            ("RANGERS", "parks-to-rangers-at-night"),
            id="lead is gone",
        ),
        pytest.param(
            "BLOCKED-DRIVEWAY",
            "P3",
            {"PARKING"},
            ("PARKING", "driveways-to-parking-after-hours"),
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


def rule(name: str = "this", *, lead: str | None = "WATER", **when: Any) -> RoutingRule:
    return RoutingRule(name, RoutingCondition(**when), lead)


POTHOLE = RoutingContext(
    CITY.services["POTHOLE"],
    "P4",
    {"swerving"},
    EVERYBODY.__contains__,
    TUESDAY,
    attributes={"size": ["Large"], "lane": "left"},
    district="N",
    areas={"downtown", "harbour"},
    owner="state",
)


@pytest.mark.parametrize(
    ("key", "met", "other"),
    [
        ("kinds", {"kinds": {"POTHOLE", "CAMP"}}, {"kinds": {"CAMP"}}),
        ("groups", {"groups": {"pavement"}}, {"groups": {"camp"}}),
        ("priority", {"priority": {"P4"}}, {"priority": {"P1", "P2"}}),
        ("conditions", {"conditions": frozenset({"swerving"})}, {"conditions": frozenset({"x"})}),
        ("attributes", {"attributes": {"size": {"large"}}}, {"attributes": {"size": {"small"}}}),
        ("attributes", {"attributes": {"lane": {"left"}}}, {"attributes": {"depth": {"large"}}}),
        ("districts", {"districts": {"N", "S"}}, {"districts": {"S"}}),
        ("area", {"areas": frozenset({"harbour"})}, {"areas": frozenset({"airport"})}),
        ("owner", {"owners": {"state"}}, {"owners": {"county"}}),
        ("hours", {"lead_is_open": True}, {"lead_is_open": False}),
        ("hours", {"windows": ((time(10), time(11)),)}, {"windows": ((time(11), time(10)),)}),
        ("hours", {"windows": ((time(22), time(11)),)}, {"windows": ((time(9), time(10)),)}),
        ("days", {"days": {1}}, {"days": {0, 5, HOLIDAY}}),
    ],
)
def test_a_rule_matches_where_the_report_has_what_it_asks_for(
    key: str, met: dict[str, Any], other: dict[str, Any]
) -> None:
    assert list(unmet(rule(**met), POTHOLE)) == []
    assert list(unmet(rule(**other), POTHOLE)) == [key]


def test_on_a_holiday_both_the_holiday_and_its_weekday_match() -> None:
    context = replace(POTHOLE, is_holiday=True)

    assert list(unmet(rule(days={HOLIDAY}), context)) == []
    assert list(unmet(rule(days={1}), context)) == []


def test_the_first_match_leads_and_every_match_informs_and_remarks() -> None:
    rules = [
        replace(rule("only-informs", lead=None), inform=("FIRE",), note="Mind the rails."),
        replace(rule("no-match", districts={"S"}), inform=("PARKS",), note="Not this."),
        rule("first", lead="WATER"),
        replace(rule("second", lead="DESK"), inform=("FIRE", "WATER", "POLICE")),
    ]

    found = route(replace(POTHOLE, desk="OUTREACH"), rules)

    assert found == CaseRoute(
        Assignment("OUTREACH", "no-place-to-desk"),
        (
            Assignment("WATER", "first"),
            Assignment("ROADS", "regular-lead"),
            Assignment("FIRE", "only-informs"),
            Assignment("POLICE", "second"),
        ),
        ("Mind the rails.",),
    )


def test_a_danger_of_no_kind_goes_to_those_who_handle_it() -> None:
    rules = [
        RoutingRule(
            "fire", RoutingCondition(dangers=frozenset({"fire", "gas"})), "FIRE", ("FIRE",)
        ),
        RoutingRule(
            "wires", RoutingCondition(dangers=frozenset({"live_electricity"})), None, ("DESK",)
        ),
    ]
    context = RoutingContext(
        CITY.services["POTHOLE"],
        "P1",
        (),
        EVERYBODY.__contains__,
        TUESDAY,
        dangers=("fire", "live_electricity"),
    )

    found = route(context, rules)

    assert found is not None
    assert [one.bureau for one in found.all] == ["FIRE", "ROADS", "DESK"]
    assert list(unmet(rules[0], replace(context, dangers=("road_hazard",)))) == ["danger"]
    assert route(replace(context, dangers=()), rules) == CaseRoute(
        Assignment("ROADS", "kind-to-lead"), ()
    )
