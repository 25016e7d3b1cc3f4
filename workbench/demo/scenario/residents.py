"""Residents who report: invented people at example.org with fictional telephone numbers."""

from dataclasses import dataclass

from workbench.demo.scenario.randomness import Random

EMAIL_DOMAIN = "example.org"
_FIRST_NAMES = {
    "en": "Alice Ben Carla Dan Erin Frank Grace Hank Irene Jack Kate Liam Mona Neil Olive Paul "
    "Quinn Rose Sam Tess Umar Vera Will Xenia Yusuf Zoe Aiko Bao Chidi Dara Emeka Fatima",
    "es": "Ana Beto Carmen Diego Elena Felipe Gloria Hugo Inés Jorge Karla Luis Marta Nico "
    "Olga Pedro Rosa Sergio Teresa Ulises Valeria Ximena",
}
_LAST_NAMES = {
    "en": "Abbott Brooks Carver Dunn Ellis Foster Grant Hayes Irwin Jensen Keller Lowe Mercer "
    "Nolan Osborne Pruitt Quill Reyes Stone Tran Usher Vance Wells Yang Zimmer Okafor",
    "es": "Aguilar Blanco Castillo Delgado Espinoza Flores Guzmán Herrera Ibarra Juárez León "
    "Molina Navarro Ortega Peña Quiroz Ramos Salinas Torres Vega",
}
_TO_ASCII = str.maketrans("áéíóúñ", "aeioun")
STORY_AREA_CODES = "503"
"""Area code of the residents of stories, whom no other resident shares a telephone with."""
_AREA_CODES = (
    "971 541 458 206 253 360 425 509 564 208 986 775 702 725 209 213 310 323 408 415 424 442 510 "
    "530 559 562 619 626 628 650"
)
_FIRST_FICTIONAL, _FICTIONAL = 100, 99
"""555-0100 to 555-0199 of each area code are reserved for fiction; the last one is the city's."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A person who reports.

    Attributes:
        name: First and last name.
        email: Unique among all residents.
        phone: E.164; unique among as many residents as there are fictional numbers.
        language: ``en`` or ``es``.
    """

    name: str
    email: str
    phone: str
    language: str
    account_id: str


class Residents:
    """Generates residents, each with an address of its own."""

    def __init__(self, rng: Random, area_codes: str = _AREA_CODES) -> None:
        self._rng = rng
        self._area_codes = area_codes.split()
        self._count = 0

    def new(self, language: str) -> Resident:
        """Return a new resident who speaks ``en`` or ``es``."""
        number = self._count
        self._count += 1
        first = self._rng.choice(_FIRST_NAMES[language].split())
        last = self._rng.choice(_LAST_NAMES[language].split())
        user = f"{first}.{last}.{number}".lower().translate(_TO_ASCII)
        area = self._area_codes[number // _FICTIONAL % len(self._area_codes)]
        return Resident(
            name=f"{first} {last}",
            email=f"{user}@{EMAIL_DOMAIN}",
            phone=f"+1{area}555{_FIRST_FICTIONAL + number % _FICTIONAL:04d}",
            language=language,
            account_id=f"pdx-{number:05d}",
        )
