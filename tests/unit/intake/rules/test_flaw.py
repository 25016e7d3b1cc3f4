import pytest

from services.intake.rules.required_fields import FieldProblem, without_echoes


def flaw(field: str) -> FieldProblem:
    return FieldProblem(field, "code", "message")


@pytest.mark.parametrize(
    ("known", "field", "told"),
    [
        pytest.param("location.latitude", "location", False, id="a part explains the whole"),
        pytest.param("location", "location.latitude", False, id="the whole explains a part"),
        pytest.param("location", "location", False, id="the same field"),
        pytest.param("", "location", False, id="the root explains all"),
        pytest.param("location", "locations", True, id="another field with a like name"),
        pytest.param("channel", "location", True, id="another field"),
    ],
)
def test_a_flaw_is_told_unless_another_explains_it(known: str, field: str, told: bool) -> None:
    assert without_echoes([flaw(field)], [flaw(known)]) == ((flaw(field),) if told else ())
