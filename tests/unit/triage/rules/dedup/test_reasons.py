from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.rules.dedup.matching import compare
from services.triage.rules.dedup.model import Match
from services.triage.rules.dedup.reasons import confidence, hours_apart, match_reasons
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import DAY, HERE, HOUR, LIMITS, case, report


def match_with(known: Any = None, **changes: Any) -> Match:
    match = compare(report(**changes), known or case(), LIMITS)
    assert isinstance(match, Match)
    return match


def test_the_reasons_name_kind_place_and_time_with_their_figures() -> None:
    match = match_with(point=north_of(HERE, 12.4), observed_at=NOON + 30.5 * HOUR)

    assert match_reasons(match, "CAMP") == [
        ("same_kind", None),
        ("near", "12 m of 67 m"),
        ("within_window", "30.5 h of 168 h"),
    ]
    assert hours_apart(match) == 30.5


def test_another_kind_of_the_group_is_named() -> None:
    match = match_with(kind="CAMP-TRASH", observed_at=NOON + HOUR)

    assert match_reasons(match, "CAMP-TRASH")[0] == ("same_group", "CAMP-TRASH and CAMP")


@pytest.mark.parametrize(
    ("match", "reason"),
    [
        pytest.param(
            match_with(observed_at=NOON + 200 * HOUR),
            ("window_over", "200 h of 168 h"),
            id="window",
        ),
        pytest.param(
            match_with(case(closed_at=NOON), observed_at=NOON + HOUR),
            ("after_closing", "1 h of 168 h"),
            id="closing",
        ),
        pytest.param(
            match_with(case(report(point=None, address="12 oak st")), address="12 oak st"),
            ("same_address", None),
            id="address",
        ),
        pytest.param(
            match_with(case(report(kind="LOST", reporter="ana")), kind="LOST", reporter="ana"),
            ("same_reporter", None),
            id="reporter",
        ),
    ],
)
def test_what_kind_of_link_it_is_is_a_reason(match: Match, reason: tuple[str, str | None]) -> None:
    assert reason in match_reasons(match, match.case.opening.kind)


def test_confidence_is_full_at_the_same_spot_and_moment_and_falls_with_each() -> None:
    same = confidence(match_with(), "CAMP")
    farther = confidence(match_with(point=north_of(HERE, 60)), "CAMP")
    later = confidence(match_with(observed_at=NOON + 6 * DAY), "CAMP")
    other_kind = confidence(match_with(), "CAMP-TRASH")

    assert same == 1.0
    assert farther < 0.8
    assert later < 0.9
    assert other_kind == 0.9


def test_who_is_only_the_same_person_is_less_sure_than_the_same_place() -> None:
    known = case(report(kind="LOST", reporter="ana"))

    assert confidence(match_with(known, kind="LOST", reporter="ana"), "LOST") == 0.75


@given(
    st.floats(0, 66.9),
    st.floats(-168, 5000),
    st.sampled_from(["CAMP", "CAMP-TRASH"]),
)
def test_confidence_lies_between_0_and_1(metres: float, later_h: float, kind: str) -> None:
    new = report(kind=kind, point=north_of(HERE, metres), observed_at=NOON + later_h * HOUR)
    match = compare(new, case(), LIMITS)

    assert not isinstance(match, Match) or 0 <= confidence(match, kind) <= 1
