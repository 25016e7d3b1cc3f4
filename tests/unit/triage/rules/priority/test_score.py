import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.rules.priority.score import (
    DetectedEmergency,
    Downgrade,
    PriorityScore,
    score_priority,
)
from shared.vocabulary import PriorityLevel, ScoreReason
from tests.support.triage.factories import CITY

FIRE = DetectedEmergency("fire", "on fire")


@pytest.mark.parametrize(
    ("kind", "level", "base"),
    [
        ("WIRE", "P1", ScoreReason("base_p1", 80)),
        ("DEBRIS", "P2", ScoreReason("base_p2", 60)),
        ("CAMP", "P3", ScoreReason("base_p3", 40)),
        ("LIGHT", "P4", ScoreReason("base_p4", 20)),
        ("PERMIT", "P5", ScoreReason("base_p5", 0)),
    ],
)
def test_a_report_of_which_nothing_more_is_known_has_the_base_of_its_kind(
    kind: str, level: PriorityLevel, base: ScoreReason
) -> None:
    urgency = score_priority(CITY.services[kind], {}, None)

    assert (urgency.level, urgency.reasons) == (level, (base,))


def test_a_doubted_phrase_is_told_and_changes_nothing() -> None:
    urgency = score_priority(CITY.services["CAMP"], {"doubted": "on fire"}, None)

    assert urgency.reasons == (ScoreReason("base_p3", 40), ScoreReason("doubted", 0, "on fire"))


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (80, "P1"), (79, "P2"), (60, "P2"), (59, "P3"), (40, "P3"), (39, "P4"), (20, "P4"),
        (19, "P5"), (0, "P5"), (200, "P1"),
    ],
)  # fmt: skip
def test_the_lower_bound_of_each_band_is_included(score: int, level: PriorityLevel) -> None:
    assert PriorityScore((ScoreReason("some", score),)).level == level


@pytest.mark.parametrize(
    ("kind", "met", "level", "score"),
    [
        pytest.param("LIGHT", {"sparking": "sparks"}, "P2", 60, id="P4 lifted to P2"),
        pytest.param("CAMP", {"lane_blocked": "lane"}, "P2", 60, id="P3 lifted to P2"),
        pytest.param("CAMP", {"lane_blocked": "a", "fire": "b"}, "P2", 65, id="a second adds 5"),
        pytest.param("DEBRIS", {"lane_blocked": "a"}, "P2", 75, id="P2 gets 15 more"),
        pytest.param("DEBRIS", {"lane_blocked": "a", "fire": "b"}, "P1", 80, id="P2 to P1 by two"),
        pytest.param("DEBRIS", {"sparking": "sparks"}, "P2", 60, id="no condition of the kind"),
        pytest.param("PERMIT", {"fire": "fire"}, "P5", 0, id="a kind that is never a hazard"),
    ],
)
def test_hazard_conditions_of_the_kind_lift_it(
    kind: str, met: dict[str, str], level: PriorityLevel, score: int
) -> None:
    urgency = score_priority(CITY.services[kind], met, None)

    assert (urgency.level, urgency.score) == (level, score)


def test_each_condition_is_a_reason_with_the_words_that_gave_it() -> None:
    met = {"fire": "on fire", "lane_blocked": "blocking the lane"}

    assert score_priority(CITY.services["CAMP"], met, None).reasons == (
        ScoreReason("base_p3", 40),
        ScoreReason("lane_blocked", 20, "blocking the lane"),
        ScoreReason("fire", 5, "on fire"),
    )


@pytest.mark.parametrize("kind", ["PERMIT", "LIGHT", "CAMP", "DEBRIS", "WIRE"])
def test_a_danger_to_life_lifts_every_kind_to_p1(kind: str) -> None:
    urgency = score_priority(CITY.services[kind], {}, FIRE)

    assert urgency.level == "P1"
    assert urgency.reasons[-1].code == "emergency_fire"
    assert urgency.reasons[-1].evidence == "on fire"
    assert urgency.reasons[-1].points >= 15


def test_the_kind_for_all_else_says_that_it_is_one() -> None:
    other = score_priority(CITY.services["OTHER"], {}, None, is_other=True)
    own = score_priority(CITY.services["OTHER"], {}, None)

    assert other.reasons == (ScoreReason("base_p4", 20), ScoreReason("classified_other", 0))
    assert own.level == other.level


conditions = st.dictionaries(st.sampled_from(sorted(CITY.conditions)), st.just("words"))


@given(
    st.sampled_from(sorted(CITY.services)),
    conditions,
    st.sampled_from(sorted(CITY.conditions)),
    st.sampled_from([None, FIRE]),
)
def test_more_danger_never_makes_a_report_less_urgent(
    kind: str, met: dict[str, str], more: str, danger: DetectedEmergency | None
) -> None:
    service = CITY.services[kind]
    before = score_priority(service, met, danger)
    after = score_priority(service, met | {more: "words"}, danger)

    assert after.score >= before.score
    assert after.level <= before.level
    assert score_priority(service, met, FIRE).score >= before.score


def lowered(
    kind: str, level: PriorityLevel, danger: DetectedEmergency | None = None
) -> PriorityScore:
    lowering = Downgrade("off_the_road", level, "off the road")
    return score_priority(CITY.services[kind], {}, danger, lowering)


def test_a_lowering_is_a_reason_with_the_points_that_it_takes() -> None:
    assert lowered("DEBRIS", "P3").reasons == (
        ScoreReason("base_p2", 60),
        ScoreReason("off_the_road", -20, "off the road"),
    )


@pytest.mark.parametrize("kind", ["CAMP", "LIGHT"])
def test_a_lowering_raises_nothing_and_is_no_reason_where_it_takes_nothing(kind: str) -> None:
    assert lowered(kind, "P3").reasons == score_priority(CITY.services[kind], {}, None).reasons


def test_a_danger_to_life_leaves_no_lowering() -> None:
    codes = [point.code for point in lowered("DEBRIS", "P3", FIRE).reasons]

    assert codes == ["base_p2", "emergency_fire"]
