"""Advice in the receipt: what a reporter should know or do at once."""

from shared.catalogue import CALL_911, LocalText

CONTACT_UNUSABLE = LocalText(
    en="We cannot write to the address or number you gave. Use your tracking number to follow "
    "your report.",
    es="No podemos escribirle a la dirección o al número que nos dio. Use su número de "
    "seguimiento para consultar su reporte.",
)


def advice(language: str, *, danger: bool, unreachable: bool) -> list[tuple[str, str]]:
    """Return code and text of each advice, the most pressing first.

    Args:
        language: The reporter's, a BCP 47 tag.
        danger: True when the report describes a danger to life.
        unreachable: True when some of the contact data cannot be used.
    """
    due = (("call_911", CALL_911, danger), ("contact_unusable", CONTACT_UNUSABLE, unreachable))
    return [(code, text.in_language(language)) for code, text, is_due in due if is_due]
