"""Downgrades in Portland, in the words of residents."""

from dataclasses import replace

import pytest

from services.triage.rules.priority.score import Downgrade, PriorityScore, find_downgrade
from shared.catalogue import load_catalogue
from shared.catalogue.service_type import AlternativeKind
from tests.unit.triage.rules.priority import labelled


def urgency(kind: str, text: str) -> PriorityScore:
    service = labelled.rules().services[kind]
    return labelled.rules().assess(service, text, {}, None).priority


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("ROW-DEBRIS", "sofa on the lawn, off the road", "off_the_road"),
        ("ROW-DEBRIS", "un sofá en el pasto", "off_the_road"),
        ("ROW-FLOOD", "the puddle dried up", "dried_up"),
        ("ROW-FLOOD", "el agua ya se secó", "dried_up"),
        ("ROW-DEBRIS", "rocks, but somebody already cleared it", "already_over"),
        ("ROW-DEBRIS", "piedras, ya las quitaron", "already_over"),
        ("ROW-STEELPLATE", "the plate is too loud", "too_loud"),
        ("ROW-STEELPLATE", "la placa hace mucho ruido", "too_loud"),
    ],
)
def test_a_harmless_case_of_a_kind_under_conditions_is_p3_and_says_why(
    kind: str, text: str, reason: str
) -> None:
    found = urgency(kind, text)

    assert (found.level, found.score) == ("P3", 40)
    assert found.reasons[-1].code == reason
    assert found.reasons[-1].points < 0
    assert found.reasons[-1].evidence


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("ROW-DEBRIS", "sofa fell off a truck, it is in the right lane"),
        ("ROW-DEBRIS", "one couch on the lawn, another in the right lane"),
        ("ROW-STEELPLATE", "the plate is loud and it has shifted"),
        ("ROW-FLOOD", "it dried up and then flooded again, cars can't get through"),
        ("ROW-DEBRIS", "nobody has cleared it"),
    ],
)
def test_a_hazard_that_is_met_is_lowered_by_nothing(kind: str, text: str) -> None:
    assert urgency(kind, text).level <= "P2"


def test_another_kind_that_is_urgent_itself_lowers_to_p3() -> None:
    city = load_catalogue().jurisdictions["portland.gov"]
    signal = city.services["ROW-SIGNAL-OUT"]
    flood = replace(
        signal, alternatives=(AlternativeKind("ROW-FLOOD", "slow_signal", frozenset()),)
    )

    found = find_downgrade(city, flood, {"slow_signal": "takes forever"})

    assert found == Downgrade("meant_row_flood", "P3", "takes forever")


def test_a_danger_to_life_is_lowered_by_nothing() -> None:
    assert urgency("ROW-DEBRIS", "a man is bleeding on the lawn, off the road").level == "P1"


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("ROW-SIGNAL-OUT", "the walk signal takes forever", "meant_row_signal_minor"),
        ("ROW-WIRE", "a comcast line came off the house", "meant_jur_utilpole"),
        ("ROW-TREE-DOWN", "árbol caído en mi patio", "meant_tree_private"),
    ],
)
def test_a_kind_that_is_always_a_hazard_is_lowered_where_another_kind_is_meant(
    kind: str, text: str, reason: str
) -> None:
    found = urgency(kind, text)

    assert found.level >= "P3"
    assert found.reasons[-1].code == reason


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("ROW-SIGNAL-OUT", "traffic lights are dark, and the walk signal takes forever"),
        ("ROW-SIGNAL-OUT", "they fixed it"),
        ("ROW-WIRE", "phone line sparking"),
        ("ROW-TREE-DOWN", "tree in our yard fell and is blocking the street"),
    ],
)
def test_a_kind_that_is_always_a_hazard_stays_one_where_its_own_hazard_is_told(
    kind: str, text: str
) -> None:
    assert urgency(kind, text).level == "P1"
