"""Advice to the reporter in the receipt of a request."""

from shared.catalogue import CALL_911, LocalText

CONTACT_UNUSABLE = LocalText(
    en="We cannot write to the address or number you gave. Use your tracking number to follow "
    "your report.",
    es="No podemos escribirle a la dirección o al número que nos dio. Use su número de "
    "seguimiento para consultar su reporte.",
)


def advice(language: str, *, is_emergency: bool, is_unreachable: bool) -> list[tuple[str, str]]:
    """Return code and text of each advice, the most urgent first.

    Args:
        language: The reporter's language, a BCP 47 tag.
        is_emergency: The report describes a danger to life.
        is_unreachable: Some contact data are unusable.
    """
    due = (
        ("call_911", CALL_911, is_emergency),
        ("contact_unusable", CONTACT_UNUSABLE, is_unreachable),
    )
    return [(code, text.in_language(language)) for code, text, is_due in due if is_due]
