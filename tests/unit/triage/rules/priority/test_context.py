import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.rules.priority.context import with_context
from services.triage.rules.priority.score import PriorityScore
from shared.vocabulary import PriorityLevel, ScoreReason

TEN = ScoreReason("school", 10, "at the school")


@pytest.mark.parametrize(
    ("score", "more", "after", "level"),
    [
        pytest.param(20, (10,), 30, "P4", id="within its level"),
        pytest.param(20, (10, 20), 50, "P3", id="into P3"),
        pytest.param(40, (10, 20), 59, "P3", id="never into P2"),
        pytest.param(59, (10,), 59, "P3", id="nothing left before P2"),
        pytest.param(75, (10,), 79, "P2", id="never into P1"),
        pytest.param(95, (10,), 105, "P1", id="as much as there is above all"),
    ],
)
def test_circumstances_hasten_and_make_nothing_urgent(
    score: int, more: tuple[int, ...], after: int, level: PriorityLevel
) -> None:
    points = [ScoreReason("some", added) for added in more]

    found = with_context(PriorityScore((ScoreReason("base", score),)), points)

    assert (found.score, found.level) == (after, level)


def test_a_point_that_is_cut_keeps_its_evidence_and_one_without_rest_is_no_reason() -> None:
    found = with_context(PriorityScore((ScoreReason("base", 55),)), [TEN, TEN])

    assert found.reasons == (ScoreReason("base", 55), ScoreReason("school", 4, "at the school"))


@given(st.integers(0, 150), st.lists(st.integers(1, 20), max_size=4))
def test_circumstances_never_lower_and_never_cross_into_what_is_urgent(
    score: int, more: list[int]
) -> None:
    before = PriorityScore((ScoreReason("base", score),))
    after = with_context(before, [ScoreReason("some", added) for added in more])

    assert after.score >= before.score
    assert sum(point.points for point in after.reasons) == after.score
    assert after.level == before.level or after.level in ("P3", "P4")
