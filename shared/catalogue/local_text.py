"""A text that residents read, in each language that the catalogue speaks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalText:
    """One text in English and Spanish."""

    en: str
    es: str

    def in_language(self, tag: str) -> str:
        """Return the text for a BCP 47 tag; English where the catalogue has no other."""
        return self.es if tag.lower().partition("-")[0] == "es" else self.en


CALL_911 = LocalText(
    en="If anybody is in danger, call 911 now. We pass your report on as well.",
    es="Si alguien está en peligro, llame al 911 ahora mismo. También transmitimos su reporte.",
)
