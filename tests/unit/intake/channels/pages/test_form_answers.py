"""Answers that a page's form sends."""

from zoneinfo import ZoneInfo

import pytest

from services.intake.channels.pages.draft import read_form_answers
from shared.catalogue import Attribute, LocalText
from shared.catalogue.service_type import Datatype
from shared.redaction import Answer

ZONE = ZoneInfo("America/Los_Angeles")


def question(datatype: Datatype, *, required: bool = False) -> Attribute:
    values = (("a", LocalText("A", "A")), ("b", LocalText("B", "B")))
    return Attribute("q", datatype, required, LocalText("Q", "Q"), values)


@pytest.mark.parametrize(
    ("datatype", "texts", "answer"),
    [
        ("string", ["here"], "here"),
        ("text", ["here\nand there"], "here\nand there"),
        ("number", ["3"], 3),
        ("number", ["2,5"], 2.5),
        ("datetime", ["2026-11-24T08:10"], "2026-11-24T08:10:00-08:00"),
        ("singlevaluelist", ["a"], "a"),
        ("multivaluelist", ["a", "b"], ["a", "b"]),
    ],
)
def test_an_answer_is_read_by_its_type(
    datatype: Datatype, texts: list[str], answer: Answer
) -> None:
    assert read_form_answers({"q": texts}, [question(datatype)], ZONE) == ({"q": answer}, {})


@pytest.mark.parametrize(
    ("datatype", "text"),
    [
        ("number", "three"),
        ("number", "inf"),
        ("datetime", "yesterday"),
        ("singlevaluelist", "c"),
        ("multivaluelist", "c"),
    ],
)
def test_what_is_no_value_of_the_type_is_named(datatype: Datatype, text: str) -> None:
    answers, errors = read_form_answers({"q": [text]}, [question(datatype)], ZONE)

    assert (answers, errors) == ({}, {"q": f"invalid_{datatype}"})


def test_only_a_required_answer_may_not_be_missing() -> None:
    required, other = question("string", required=True), question("string")

    assert read_form_answers({}, [required], ZONE) == ({}, {"q": "missing_answer"})
    assert read_form_answers({}, [other], ZONE) == ({}, {})


def test_answers_to_other_questions_are_left_out() -> None:
    assert read_form_answers({"other": ["x"]}, [question("string")], ZONE) == ({}, {})
