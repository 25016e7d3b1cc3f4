from datetime import timedelta
from typing import Any

import pytest

from services.triage.decisions.assessment import assess_report
from services.triage.decisions.resolution import resolve
from services.triage.outbound import explain, to_decision
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from shared.catalogue import load_catalogue
from shared.contract.events import Decision
from tests.support.builders import NOON, PIONEER_SQUARE, decision, location, north_of, request
from tests.support.triage.factories import HOUR

POLICY = TriagePolicy(load_catalogue())
WORDING = POLICY.cities["portland.gov"].reason_texts


def debris(metres: float = 0, later_by: timedelta = timedelta(0), **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "service_code": "ROW-DEBRIS",
        "dedup_group": "debris",
        "description": "A sofa",
        "location": location(north_of(PIONEER_SQUARE, metres)),
        "observed_at": NOON + later_by,
    }
    return request(**(fields | changes))


def decided(*requests: Any) -> list[Decision]:
    known = CaseIndex()
    return [
        to_decision(resolve(assess_report(one, POLICY), known), POLICY.version) for one in requests
    ]


def test_a_new_case_is_told_with_every_point_and_the_words_that_gave_it() -> None:
    points = "+60 usual for its kind; +15 blocks a traffic lane (“in the right lane”)"
    [new] = decided(debris(description="A mat in the right lane"))

    assert new.explanation == (
        "New case: no earlier report is about the same problem.",
        f"P2 with 75 points: {points}.",
    )


def test_a_duplicate_is_told_with_all_that_speaks_for_it() -> None:
    _, second = decided(debris(), debris(20, 2 * HOUR))

    assert second.explanation[0] == (
        "Joined an earlier case as the same problem, 88% sure: "
        "how often such reports mean one problem (-15 points); "
        "close by (20 m of 30 m, +53 points); soon enough (2 h of 24 h, +25 points); "
        "same kind of report (+10 points); words in common (sofa, +15 points)."
    )


def test_a_case_that_it_is_not_is_told_with_what_stood_against_it() -> None:
    first, second = decided(debris(), debris(60, 2 * HOUR))

    assert second.explanation[1] == f"Not case {first.case_id}: too far away (60 m of 45 m)."


def test_a_danger_to_life_is_told_with_the_word_that_says_so() -> None:
    [wire] = decided(debris(description="A live wire that sparks"))

    assert "Danger to life: live wire (“live wire”). The reporter is told to call 911." in (
        wire.explanation
    )


def test_who_else_must_act_is_told_with_the_reason_and_the_phone() -> None:
    [outside] = decided(debris(location=location(municipality="gresham")))
    pge = {"agency": "EXT-PGE", "name": "PGE", "phone": "503-464-7777"}

    assert outside.explanation[0] == "No work for the city."
    assert outside.explanation[-1].startswith("City of Gresham must act. This place is outside")
    assert explain(decision(referral=pge), WORDING)[-1] == "PGE must act, phone 503-464-7777."


@pytest.mark.parametrize("metres", [0, 20, 45])
def test_a_decision_explains_itself_as_it_did_when_it_was_made(metres: float) -> None:
    for one in decided(debris(description="Sparks!"), debris(metres)):
        assert explain(one, WORDING) == one.explanation


def test_codes_of_another_version_are_told_by_themselves() -> None:
    strange = decision(
        priority={
            "level": "P4",
            "score": 25,
            "reasons": [{"code": "full_moon", "points": 25, "evidence": "moon"}],
        }
    )

    assert explain(strange, WORDING)[1] == "P4 with 25 points: +25 full moon (“moon”)."
