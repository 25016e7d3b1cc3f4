import pytest

from workbench.evaluation.feedback.reasons import read_reason


@pytest.mark.parametrize(
    "reason",
    [
        "No hazard found",
        "no immediate danger",
        "Not dangerous, paint only",
        "This is not an emergency",
        "It isn\N{RIGHT SINGLE QUOTATION MARK}t urgent",
        "False alarm.",
    ],
)
def test_a_reason_may_say_that_there_was_no_danger(reason: str) -> None:
    assert read_reason(reason) == "no_danger"


@pytest.mark.parametrize(
    "reason",
    ["Hazard confirmed", "The edge was  very dangerous", "Immediate danger", "Hazard found, fixed"],
)
def test_a_reason_may_say_that_there_was_a_danger(reason: str) -> None:
    assert read_reason(reason) == "danger"


@pytest.mark.parametrize(
    "reason",
    ["Barriers are up", "Made safe", "No longer a hazard", "Cones placed, no danger now"],
)
def test_a_danger_that_is_over_is_neither(reason: str) -> None:
    assert read_reason(reason) == "over"


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "Duplicate",
        "Not ours",
        "No debris found",
        "Nobody was there",
        "Could be dangerous",
        "Not made safe",
    ],
)
def test_other_reasons_say_nothing_about_a_danger(reason: str) -> None:
    assert read_reason(reason) is None
