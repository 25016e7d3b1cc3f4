"""Whether a text tells of another danger than the report before it."""

from typing import Any

import pytest

from services.intake.channels.conversations.rules import (
    ReportReading,
    is_another_danger,
)
from shared.catalogue import CALL_911, DangerAdvice


def reading(kind: str | None = None, *dangers: str, **changes: Any) -> ReportReading:
    """A text of a danger; without a kind it names none."""
    fields: dict[str, Any] = {
        "service_code": kind or "OTHER",
        "is_other": kind is None,
        "advice": (DangerAdvice("call_911", CALL_911),),
        "dangers": frozenset(dangers),
        "needs_place": True,
        "question": None,
    }
    return ReportReading(**(fields | changes))


@pytest.mark.parametrize(
    ("text", "kind", "dangers", "expected"),
    [
        pytest.param(reading("GAS", "gas"), "POTHOLE", (), True, id="another kind"),
        pytest.param(reading(None, "sparks"), "OTHER", (), True, id="a condition of its own"),
        pytest.param(reading("MANHOLE"), "WIRE", ("sparks",), True, id="a kind alone"),
        pytest.param(reading("GAS", "gas"), "GAS", (), False, id="the same kind"),
        pytest.param(reading("WIRE", "sparks"), "OTHER", ("sparks",), False, id="a condition"),
        pytest.param(reading(None), "POTHOLE", (), False, id="neither kind nor condition"),
        pytest.param(reading("GAS", advice=()), "POTHOLE", (), False, id="no danger"),
    ],
)
def test_a_danger_is_another_one_by_a_kind_or_a_condition_of_its_own(
    text: ReportReading, kind: str, dangers: tuple[str, ...], expected: bool
) -> None:
    assert is_another_danger(text, kind, dangers) == expected
