"""Who reports: invented people at example.org, with telephone numbers kept for fiction."""

from dataclasses import dataclass
from typing import Any

from cli.demo.scenario.chance import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = {
    "en": _words(
        "Alice Ben Carla Dan Erin Frank Grace Hank Irene Jack Kate Liam Mona Neil Olive Paul "
        "Quinn Rose Sam Tess Umar Vera Will Xenia Yusuf Zoe Aiko Bao Chidi Dara Emeka Fatima"
    ),
    "es": _words(
        "Ana Beto Carmen Diego Elena Felipe Gloria Hugo Inés Jorge Karla Luis Marta Nico "
        "Olga Pedro Rosa Sergio Teresa Ulises Valeria Ximena"
    ),
}
_LAST = {
    "en": _words(
        "Abbott Brooks Carver Dunn Ellis Foster Grant Hayes Irwin Jensen Keller Lowe Mercer "
        "Nolan Osborne Pruitt Quill Reyes Stone Tran Usher Vance Wells Yang Zimmer Okafor"
    ),
    "es": _words(
        "Aguilar Blanco Castillo Delgado Espinoza Flores Guzmán Herrera Ibarra Juárez León "
        "Molina Navarro Ortega Peña Quiroz Ramos Salinas Torres Vega"
    ),
}
_PLAIN = str.maketrans("áéíóúñ", "aeioun")
_AREA_CODES = ("503", "971", "541", "458")
_FICTIONAL = 100  # 555-0100 to 555-0199 of each area code

_TELLS: dict[str, tuple[str, ...]] = {
    "web": ("name", "email"),
    "app": ("email", "account_id"),
    "phone": ("name", "phone"),
    "email": ("name", "email"),
    "sms": ("phone",),
    "walk_in": ("name", "phone"),
    "open311": ("email",),
}
"""What each channel knows of a person; of whom the others know nothing."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who reports; no two have the same address."""

    name: str
    email: str
    phone: str
    language: str
    account_id: str


class People:
    """Makes as many people as are needed."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._made = 0

    def somebody(self, language: str) -> Person:
        """Return a person who speaks the language."""
        number = self._made
        self._made += 1
        first = self._rng.choice(_FIRST[language])
        last = self._rng.choice(_LAST[language])
        user = f"{first}.{last}.{number}".lower().translate(_PLAIN)
        area = _AREA_CODES[number // _FICTIONAL % len(_AREA_CODES)]
        return Person(
            name=f"{first} {last}",
            email=f"{user}@example.org",
            phone=f"+1{area}555{_FICTIONAL + number % _FICTIONAL:04d}",
            language=language,
            account_id=f"pdx-{number:05d}",
        )


def as_reporter(person: Person, channel: str, *, with_email: bool = False) -> dict[str, Any] | None:
    """Return what a channel's adapter says of a person; None where it knows nothing.

    Args:
        person: Who reports.
        channel: How.
        with_email: The person gives an e-mail address even where nobody asks for one.
    """
    tells = _TELLS.get(channel)
    if tells is None:
        return None
    fields = {*tells, "email"} if with_email else {*tells}
    told = {field: getattr(person, field) for field in sorted(fields)}
    wishes = ["email"] if "email" in fields else ["sms"]
    return {**told, "language": person.language, "status_updates": wishes}
