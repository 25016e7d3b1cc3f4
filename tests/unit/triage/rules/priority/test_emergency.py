from services.triage.rules.priority.score import DetectedEmergency, detect_emergency
from tests.support.triage.factories import CITY


def danger(kind: str, *met: str) -> DetectedEmergency | None:
    return detect_emergency(CITY, CITY.services[kind], {code: f"said {code}" for code in met})


def test_a_line_that_sparks_is_a_danger_with_the_most_telling_words() -> None:
    assert danger("CAMP", "power_line", "sparking") == DetectedEmergency(
        "live_wire", "said sparking"
    )


def test_what_a_kind_implies_needs_no_words() -> None:
    assert danger("WIRE", "sparking") == DetectedEmergency("live_wire", "said sparking")


def test_half_of_a_danger_is_none() -> None:
    assert danger("CAMP", "sparking") is None
    assert danger("WIRE") is None


def test_a_kind_that_is_a_danger_by_itself_is_its_own_evidence() -> None:
    assert danger("RESCUE") == DetectedEmergency("life_in_danger", "RESCUE")
