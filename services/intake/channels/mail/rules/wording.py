"""Questions by e-mail, in English and Spanish; each has one question mark."""

from collections.abc import Mapping
from types import MappingProxyType

from services.intake.channels.mail.rules.machine import Question
from shared.catalogue import CALL_911, LocalText

SUBJECT = LocalText("Your message to 311", "Su mensaje al 311")
_WHERE = LocalText(
    "Where is it? Reply with an address, two streets that cross, or the name of a place.",
    "¿Dónde está? Responda con una dirección, dos calles que se cruzan o el nombre de un lugar.",
)
_ASKED: Mapping[Question, tuple[LocalText, ...]] = MappingProxyType(
    {
        "what": (LocalText("What is wrong there?", "¿Qué pasa ahí?"),),
        "where": (_WHERE,),
        "what_where": (
            LocalText(
                "What is wrong, and where? Reply with a few words and an address, two streets that "
                "cross, or the name of a place.",
                "¿Qué pasa y dónde? Responda con pocas palabras y una dirección, dos calles que se "
                "cruzan o el nombre de un lugar.",
            ),
        ),
        "danger_where": (
            CALL_911,
            LocalText("Your report is {number}.", "Su reporte es {number}."),
            _WHERE,
        ),
    }
)
_THANKS = LocalText("Thank you for your message.", "Gracias por su mensaje.")
_WITHOUT_ANSWER = LocalText(
    "If you do not answer, we pass your message on as it is after 24 hours.",
    "Si no responde, después de 24 horas transmitimos su mensaje tal como está.",
)
_PHONE = LocalText(
    "To talk to somebody, call {phone}.", "Para hablar con alguien, llame al {phone}."
)


def question_text(
    question: Question, language: str | None, *, number: str | None, phone: str
) -> str:
    """Return the text of a question, danger first; ``number`` is for ``danger_where``."""
    texts = _ASKED[question]
    if question != "danger_where":
        texts = (_THANKS, *texts, _WITHOUT_ANSWER)
    said = "\n\n".join(text.in_language(language or "en") for text in (*texts, _PHONE))
    return said.replace("{number}", number or "").replace("{phone}", phone)
