"""Advice to people who report a danger to life."""

from collections.abc import Collection
from typing import NamedTuple

from shared.catalogue.jurisdiction import Jurisdiction
from shared.catalogue.texts import LocalText

CRISIS_LINE = "EXT-CRISIS-LINE"  # the agency that people call who think of ending their life
CALL_CRISIS_LINE = "call_crisis_line"

CALL_911 = LocalText(
    en="If anybody is in danger, call 911 now. We pass your report on as well.",
    es="Si alguien está en peligro, llame al 911 ahora mismo. También transmitimos su reporte.",
)
_CALL_CRISIS_LINE = LocalText(
    en="You are not alone. Talk to someone now, free, day or night: call {phone} ({name}).",
    es="Usted nos importa. Hable con alguien ya, gratis, a toda hora: llame al {phone} ({name}).",
)


class DangerAdvice(NamedTuple):
    """Advice with its stable code."""

    code: str
    text: LocalText


def danger_advice(dangers: Collection[str], city: Jurisdiction) -> tuple[DangerAdvice, ...]:
    """Return the advice for a danger to life of these classes, in the order to show it."""
    call_911 = DangerAdvice("call_911", CALL_911)
    line = city.agencies.get(CRISIS_LINE)
    if "self_harm" not in dangers or line is None:
        return (call_911,)
    texts = (
        text.format(phone=line.phone, name=line.name)
        for text in (_CALL_CRISIS_LINE.en, _CALL_CRISIS_LINE.es)
    )
    return (DangerAdvice(CALL_CRISIS_LINE, LocalText(*texts)), call_911)
