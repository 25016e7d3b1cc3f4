"""What residents must hear at once, in every service with the same words."""

from shared.catalogue.local_text import LocalText

CALL_911 = LocalText(
    en="If anybody is in danger, call 911 now. We pass your report on as well.",
    es="Si alguien está en peligro, llame al 911 ahora mismo. También transmitimos su reporte.",
)
