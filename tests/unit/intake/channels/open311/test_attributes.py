"""Answers by the six datatypes of GeoReport v2."""

from dataclasses import replace
from typing import get_args

import pytest

from services.intake.channels.open311.submitting import read_answers
from shared.catalogue import Attribute, LocalText
from shared.catalogue.service_type import Datatype
from tests.support.intake.open311_requests import CITY

TEXT = LocalText("What?", "¿Qué?")
KEYS = (("a", TEXT), ("b", TEXT))


def question(datatype: Datatype, *, required: bool = False) -> Attribute:
    values = KEYS if datatype.endswith("list") else ()
    return Attribute(datatype, datatype, required, TEXT, values)


ALL = tuple(map(question, get_args(Datatype)))
KIND = replace(CITY.services["ROW-POTHOLE"], attributes=ALL)


def test_an_answer_of_each_datatype_is_read() -> None:
    answers, errors = read_answers(
        {
            "string": ["one line"],
            "number": ["2.50"],
            "datetime": ["2026-11-24T08:10:00-08:00"],
            "text": ["two\nlines"],
            "singlevaluelist": ["a"],
            "multivaluelist": ["a", "b"],
        },
        KIND,
    )

    assert errors == []
    assert answers == {
        "string": "one line",
        "number": 2.5,
        "datetime": "2026-11-24T08:10:00-08:00",
        "text": "two\nlines",
        "singlevaluelist": "a",
        "multivaluelist": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("code", "texts", "advice"),
    [
        ("number", ["many"], "write a number"),
        ("number", ["inf"], "write a number"),
        ("datetime", ["2026-11-24"], "write a moment"),
        ("singlevaluelist", ["c"], "write one of the keys: a, b."),
        ("singlevaluelist", ["a", "b"], "give one answer"),
        ("multivaluelist", ["a", "c"], "write one of the keys: a, b."),
        ("string", ["x", "y"], "give one answer"),
    ],
)
def test_a_wrong_answer_is_named_with_what_to_write(
    code: str, texts: list[str], advice: str
) -> None:
    answers, errors = read_answers({code: texts}, KIND)

    assert answers == {}
    assert [error.startswith(f"attribute[{code}]: {advice}") for error in errors] == [True]


def test_a_whole_number_stays_one() -> None:
    answers, _ = read_answers({"number": ["3"]}, KIND)

    assert repr(answers["number"]) == "3"


def test_a_required_answer_is_missed_with_its_question() -> None:
    kind = replace(KIND, attributes=(question("string", required=True),))

    assert read_answers({}, kind)[1] == ["attribute[string] is missing: What?"]
    assert read_answers({"string": ["x"]}, kind)[1] == []


def test_an_answer_to_no_question_is_kept() -> None:
    answers, errors = read_answers({"X": ["1"], "Y": ["1", "2"]}, KIND)

    assert (answers, errors) == ({"X": "1", "Y": ["1", "2"]}, [])
