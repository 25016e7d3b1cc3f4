"""Advice to people who report a danger to life."""

from collections.abc import Collection
from typing import NamedTuple

from shared.catalogue.jurisdiction import Jurisdiction
from shared.catalogue.texts import ProgramText

CRISIS_LINE = "EXT-CRISIS-LINE"  # the agency that people call who think of ending their life
CALL_CRISIS_LINE = "call_crisis_line"

CALL_911 = ProgramText("If anybody is in danger, call 911 now. We pass your report on as well.")
_CALL_CRISIS_LINE = ProgramText(
    "You are not alone. Talk to someone now, free, day or night: call {phone} ({name})."
)


class DangerAdvice(NamedTuple):
    """Advice with its stable code."""

    code: str
    text: ProgramText


def danger_advice(dangers: Collection[str], city: Jurisdiction) -> tuple[DangerAdvice, ...]:
    """Return the advice for a danger to life of these classes, in the order to show it."""
    call_911 = DangerAdvice("call_911", CALL_911)
    line = city.agencies.get(CRISIS_LINE)
    if "self_harm" not in dangers or line is None or line.phone is None:
        return (call_911,)
    text = _CALL_CRISIS_LINE.filled(phone=line.phone, name=line.name)
    return (DangerAdvice(CALL_CRISIS_LINE, text), call_911)
