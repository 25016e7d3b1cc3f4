"""Redaction of answers to questions."""

from typing import Any

import pytest

from shared.redaction import REMOVED, KnownPii
from tests.unit.shared.redaction.subjects import REDACTOR


@pytest.mark.parametrize(
    ("answer", "public"),
    [
        pytest.param("a@b.org", REMOVED, id="text"),
        pytest.param(["ok", "a@b.org"], ["ok", REMOVED], id="a list"),
        pytest.param(5035550199, REMOVED, id="a number that can be called"),
        pytest.param(12, 12, id="a small number"),
        pytest.param(45.52306212, 45.52306212, id="a decimal"),
        pytest.param(True, True, id="yes"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_answers_are_redacted_like_text(answer: Any, public: Any) -> None:
    assert REDACTOR.redact_attributes({"field": answer}, KnownPii()) == {"field": public}


def test_digits_of_all_answers_are_counted_together() -> None:
    permits: dict[str, Any] = {f"a{i}": "permit 5031234567" for i in range(20)}

    few = REDACTOR.redact_attributes(permits, KnownPii())
    many = REDACTOR.redact_attributes({**permits, "b": ["1"], "c": 4, "d": True}, KnownPii())

    assert few == permits
    assert many["a0"] == "permit [removed]"
    assert (many["b"], many["c"], many["d"]) == (["1"], 4, True)


def test_names_of_answers_are_redacted_and_none_is_lost() -> None:
    answers: dict[str, Any] = {"a@b.org": "yes", "c at d dot org": 1, "size": "large"}

    assert REDACTOR.redact_attributes(answers, KnownPii()) == {
        REMOVED: "yes",
        f"{REMOVED} 2": 1,
        "size": "large",
    }


@pytest.mark.parametrize(
    ("name", "answer", "public"),
    [
        ("phone", "5550142", REMOVED),
        ("contactPhone", 5550142, REMOVED),
        ("cell_phone_number", "call 555 01 42", REMOVED),
        ("Tel\u00e9fono", "5550142", REMOVED),
        ("phone", "none", "none"),
        ("phone", True, True),
        ("name", "Ana Quimby", REMOVED),
        ("contact_name", "Ana", REMOVED),
        ("apellidos", "Quimby", REMOVED),
        ("park_name", "Laurelhurst", "Laurelhurst"),
        ("street name", "Oak St", "Oak St"),
        ("pole", "5550142", "5550142"),
    ],
)
def test_an_answer_that_is_asked_for_as_contact_data_is_removed(
    name: str, answer: Any, public: Any
) -> None:
    assert REDACTOR.redact_attributes({name: answer}, KnownPii()) == {name: public}
