"""A judgement without words becomes the same again beside its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue import load_catalogue
from shared.catalogue.judgement import LocatedJudgement, TextJudgement, judge_text, locate, quote

CITY = load_catalogue().jurisdictions["portland.gov"]
URGENT = {"is_urgent": True, "is_danger": False}
WORDS = "no fire; sparking wire, gas leak. blocks the right lane? NIÑO huele a gas ﷺ İ e\u0301 ß"


def test_evidence_is_located_in_the_folded_text_run_by_run() -> None:
    text = "The CRANE, it is\ntilting!"
    found = TextJudgement(
        {"sounds_urgent": "crane … tilting", "crane": "crane"}, {"fall": "is tilting"}, **URGENT
    )

    located = locate(found, text)

    assert located == LocatedJudgement(
        "urgent", {"sounds_urgent": ((4, 9), (16, 23)), "crane": ((4, 9),)}, {"fall": ((13, 23),)}
    )
    assert quote(located, text) == found


def test_evidence_of_no_words_has_no_position() -> None:
    found = TextJudgement({"sounds_urgent": ""}, {}, **URGENT)

    assert locate(found, "help").conditions == {"sounds_urgent": ()}
    assert quote(locate(found, "help"), "help") == found


@pytest.mark.parametrize(
    ("urgent", "danger", "severity"),
    [(True, True, "danger"), (True, False, "urgent"), (False, False, "routine")],
)
def test_the_severity_is_that_of_the_text(urgent: bool, danger: bool, severity: str) -> None:
    found = TextJudgement({}, {}, urgent, danger)

    assert locate(found, "text").severity == severity
    assert quote(locate(found, "text"), "text") == found


@given(st.lists(st.sampled_from(WORDS.split()) | st.text(max_size=5), max_size=40).map(" ".join))
def test_every_judgement_comes_back_as_it_was(text: str) -> None:
    found = judge_text(text, CITY)
    back = quote(locate(found, text), text)

    assert back == found
    assert list(back.conditions) == list(found.conditions)
