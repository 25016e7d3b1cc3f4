"""Generic hazards in Portland, in the words of residents."""

import pytest

from services.triage.rules.priority.score import GenericHazard, PriorityScore, find_generic_hazard
from shared.catalogue import load_catalogue
from tests.unit.triage.rules.priority import labelled

CITY = load_catalogue().jurisdictions["portland.gov"]


def urgency(kind: str, text: str) -> PriorityScore:
    return labelled.rules().assess(CITY.services[kind], text, {}, None).priority


@pytest.mark.parametrize("kind", ["INFO-GENERAL", "ROW-SIGN", "NOISE-GENERAL"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("the stop sign at our corner is gone", "hazard_sign_down"),
        ("tumbaron la señal de alto", "hazard_sign_down"),
        ("manhole cover is missing in the crosswalk", "hazard_open_hole"),
        ("un árbol caído tapa toda la calle", "hazard_fallen_tree"),
        ("sewage on the sidewalk", "hazard_sewage"),
        ("salen aguas negras por la banqueta", "hazard_sewage"),
    ],
)
def test_a_plain_hazard_is_urgent_under_a_kind_that_knows_none_like_it(
    kind: str, text: str, reason: str
) -> None:
    found = urgency(kind, text)

    assert (found.level, found.reasons[-1].code) == ("P2", reason)


def test_a_kind_for_all_the_rest_names_its_own_hazard() -> None:
    found = urgency("OTHER", "the stop sign at our corner is gone")

    assert (found.level, found.reasons[-1].code) == ("P2", "sign_down")


def test_the_reason_names_the_hazard_and_the_words() -> None:
    found = find_generic_hazard(CITY, CITY.services["ROW-SIGN"], {"sign_down": "stop sign is gone"})

    assert found == GenericHazard("sign_down", "stop sign is gone")


@pytest.mark.parametrize(
    ("kind", "met"),
    [
        pytest.param("ROW-STOPSIGN", {"sign_down": "x"}, id="a kind that is urgent by itself"),
        pytest.param("OTHER", {"lane_blocked": "x", "sign_down": "x"}, id="a hazard of its own"),
        pytest.param("ROW-SIGN", {"pothole": "x"}, id="half of a hazard"),
        pytest.param("ROW-SIGN", {}, id="nothing"),
    ],
)
def test_no_other_hazard_is_looked_for_where_none_is_needed_or_told(
    kind: str, met: dict[str, str]
) -> None:
    assert find_generic_hazard(CITY, CITY.services[kind], met) is None


@pytest.mark.parametrize(
    "text",
    ["the stop sign is not down", "add a stop sign here, please", "no wires are exposed"],
)
def test_what_is_denied_or_wished_for_is_no_hazard(text: str) -> None:
    assert urgency("ROW-SIGN", text).level == "P4"
