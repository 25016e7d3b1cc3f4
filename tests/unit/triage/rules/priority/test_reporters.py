import pytest

from services.triage.rules.priority.context import (
    MAX_ANONYMOUS,
    MAX_COUNTED,
    NO_REPORTERS,
    Reporters,
    multiple_reporters_reason,
)
from shared.catalogue.circumstances import ScoreSteps
from shared.vocabulary import ScoreReason

STEPS = ScoreSteps.of([(4, 20), (2, 5)])


def after(*reporters: str | None) -> Reporters:
    found = NO_REPORTERS
    for reporter in reporters:
        found = found.with_reporter(reporter)
    return found


@pytest.mark.parametrize(
    ("reporters", "count"),
    [
        pytest.param(("ana",), 1, id="one"),
        pytest.param(("ana",) * 5, 1, id="the same person five times"),
        pytest.param(("ana", "ben", "ana", "cy"), 3, id="three people"),
        pytest.param((None,), 0, id="somebody without a name alone"),
        pytest.param((None, None), 1, id="two without a name are one"),
        pytest.param(("ana", None, "ben", None, None), 3, id="both sorts"),
        pytest.param((None,) * 100, MAX_ANONYMOUS // 2, id="a flood without names"),
    ],
)
def test_people_count_once_and_reports_without_a_name_by_half_and_to_a_bound(
    reporters: tuple[str | None, ...], count: int
) -> None:
    assert after(*reporters).count == count


def test_in_which_order_people_report_changes_nothing() -> None:
    assert after("ana", None, "ben", None) == after(None, "ben", None, "ana")


@pytest.mark.parametrize(
    ("count", "points"),
    [
        pytest.param(1, [], id="one is no crowd"),
        pytest.param(2, [ScoreReason("several_reporters", 5, "2 people")], id="the first step"),
        pytest.param(3, [ScoreReason("several_reporters", 5, "3 people")], id="between two steps"),
        pytest.param(4, [ScoreReason("several_reporters", 20, "4 people")], id="the last step"),
    ],
)
def test_several_people_are_a_reason_that_says_how_many(
    count: int, points: list[ScoreReason]
) -> None:
    assert list(multiple_reporters_reason(after(*map(str, range(count))), STEPS)) == points


def test_beyond_a_bound_nobody_is_counted_any_more() -> None:
    many = after(*map(str, range(MAX_COUNTED + 10)))

    assert len(many.people) == MAX_COUNTED
    [point] = multiple_reporters_reason(many, STEPS)
    assert point.evidence == "50 people or more"


@pytest.mark.parametrize(
    ("usual", "points"),
    [
        pytest.param(0.4, [ScoreReason("several_reporters", 5, "4 people, 1.4 are usual")], id="3"),
        pytest.param(1.7, [], id="1, where as many report anything"),
        pytest.param(
            0.1, [ScoreReason("several_reporters", 20, "4 people, 1.1 are usual")], id="4"
        ),
    ],
)
def test_people_count_as_many_times_as_is_usual(usual: float, points: list[ScoreReason]) -> None:
    four = after(*map(str, range(4)))

    assert list(multiple_reporters_reason(four, STEPS, usual)) == points
