from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.triage.rules.dedup.matching import find_match
from services.triage.rules.dedup.model import Report, TriageCase
from services.triage.rules.dedup.reasons import match_reasons
from services.triage.rules.dedup.text_scoring import score_text
from shared.catalogue.evidence import Contrast, Evidence, Slope, WordWeights
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import DAY, HERE, LIMITS, case, report
from tests.unit.triage.rules.dedup.test_scoring import EVIDENCE

WEIGHING = replace(
    EVIDENCE,
    words=WordWeights(
        share=Slope.through([(0, -40), (0.2, 0), (0.6, 12)]),
        unsure=Slope.through([(0, 0), (0.5, 80)]),
    ),
    likely_kinds=Slope.through([(0, -5), (0.5, 0), (1, 5)]),
    dangers=Contrast(5, -10),
    details=Contrast(6, -55),
)
SWING = frozenset({"swing", "chain", "seat"})
FOUNTAIN = frozenset({"fountain", "leaks", "statue"})
FIRE = frozenset({"fire"})


def points(mine: dict[str, Any], other: dict[str, Any]) -> dict[str, float]:
    items = score_text(report(**mine), report(**other), WEIGHING)
    return {item.aspect: item.points for item in items}


def outcome(new: Report, *known: TriageCase, evidence: Evidence | None = WEIGHING) -> Any:
    result = find_match(new, known, LIMITS, evidence)
    return result.match.relation if result.match else [one.code for one in result.rejected]


def test_the_share_of_words_in_common_speaks_for_or_against() -> None:
    assert points({"words": SWING}, {"words": SWING}) == {"words": 12}
    assert points({"words": SWING}, {"words": FOUNTAIN}) == {"other_words": -40}
    assert points({"words": SWING}, {"words": FOUNTAIN | {"swings"}})["words"] == pytest.approx(
        12 * (1 / 12**0.5 - 0.2) / 0.4
    )


def test_a_word_of_the_kind_counts_less_than_another() -> None:
    of_kind = {"kind_words": frozenset({"lamp"})}

    alike = points({"words": SWING, **of_kind}, {"words": FOUNTAIN, **of_kind})
    assert alike["other_words"] == pytest.approx(-40 * (1 - 1 / 7 / 0.2))


@pytest.mark.parametrize(
    "mine",
    [
        pytest.param({}, id="no word"),
        pytest.param({"kind_words": frozenset({"lamp"})}, id="the kind alone"),
        pytest.param({"words": frozenset({"seat"})}, id="a part of the other text"),
    ],
)
def test_a_text_that_adds_nothing_contradicts_none(mine: dict[str, Any]) -> None:
    long = frozenset(f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")

    other = {"words": long | {"seat"}, "kind_words": frozenset({"lamp", "dark"})}
    assert points(mine, other) == points(other, mine) == {}


def test_likely_kinds_count_by_the_share_in_common() -> None:
    both = {"likely_kinds": frozenset({"A", "B"})}

    assert points(both, both) == {"likely_kinds": 5}
    assert points(both, {"likely_kinds": frozenset({"C"})}) == {"other_kinds": -5}
    assert points(both, {"likely_kinds": frozenset({"A"})}) == points(both, {}) == {}


def test_a_danger_in_both_speaks_for_and_in_one_of_them_against() -> None:
    gas = frozenset({"gas"})

    assert points({"dangers": FIRE}, {"dangers": FIRE | gas}) == {"same_danger": 5}
    assert points({"dangers": FIRE}, {}) == points({}, {"dangers": FIRE}) == {"other_danger": -10}
    assert points({"dangers": FIRE}, {"dangers": gas}) == {"other_danger": -10}


@pytest.mark.parametrize(
    ("mine", "theirs", "is_other"),
    [
        ({"9468", "10"}, {"9584", "10"}, True),
        ({"6"}, {"9"}, True),
        ({"10", "164"}, {"164"}, False),
        ({"164"}, set(), False),
    ],
)
def test_texts_whose_numbers_differ_speak_of_two_things(
    mine: set[str], theirs: set[str], is_other: bool
) -> None:
    found = points({"words": frozenset(mine)}, {"words": frozenset(theirs)})

    assert (found.get("other_detail") == -55) is is_other


def test_directions_and_things_agree_or_contradict_apart() -> None:
    evidence = replace(WEIGHING, assets=replace(WEIGHING.assets, answers=("plate",), other=-90))
    mine = report(particulars=frozenset({"direction:n", "plate:123abc"}))
    other = report(particulars=frozenset({"direction:n", "plate:456xyz"}))

    items = [(one.aspect, one.points, one.detail) for one in score_text(mine, other, evidence)]
    assert items == [("other_asset", -90, "plate"), ("same_detail", 6, "direction")]


def test_texts_that_contradict_each_other_are_no_sure_duplicate_however_near() -> None:
    near = {"point": HERE, "address": "12 oak st"}
    generous = replace(WEIGHING, same_address=200)

    same, other = report(words=SWING, **near), report(words=FOUNTAIN, **near)
    assert outcome(same, case(report(words=SWING, **near)), evidence=generous) == "duplicate"
    assert outcome(other, case(report(words=SWING, **near)), evidence=generous) == "possible"


def test_place_and_time_say_nothing_for_an_unsure_report() -> None:
    near: dict[str, Any] = {"address": "12 oak st", "is_unsure": True}

    known = case(report(words=SWING, **near))
    assert outcome(report(words=FOUNTAIN, **near), known) == ["too_few_points"]
    assert outcome(report(**near), case(report(**near))) == ["too_few_points"]
    assert outcome(report(words=SWING, **near), known) == "duplicate"
    assert outcome(report(words=SWING, **near), known, evidence=None) == ["unsure_kind"]


def test_what_speaks_against_an_unsure_report_counts() -> None:
    match = find_match(
        report(words=SWING, is_unsure=True, observed_at=NOON + DAY),
        [case(report(words=SWING, point=north_of(HERE, 60)))],
        LIMITS,
        replace(WEIGHING, distance=Slope.through([(0, 30), (50, -1)])),
    ).match

    assert match is not None
    assert ("near", "60 m of 67 m, -1 points") in match_reasons(match, "CAMP")


def test_a_danger_in_one_of_two_unsure_reports_keeps_them_apart() -> None:
    known = case(report(words=SWING, dangers=FIRE))

    assert outcome(report(words=SWING, is_unsure=True), known) == ["other_danger"]
    assert outcome(report(words=SWING, is_unsure=True, dangers=FIRE), known) == "duplicate"


def test_an_unsure_report_returns_to_an_old_case_by_its_words() -> None:
    later = NOON + LIMITS["CAMP"].window + timedelta(hours=1)
    known = case(report(words=SWING))

    same = report(words=SWING, is_unsure=True, observed_at=later)
    other = report(words=FOUNTAIN, is_unsure=True, observed_at=later)
    assert outcome(same, known) == "window_over"
    assert outcome(other, known) == ["too_few_points"]
