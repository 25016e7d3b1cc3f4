"""How often each kind is reported, and at what time of day.

The proportions follow what is published about Portland: about 300 campsite reports a day and
27,000 vehicle reports a year, then graffiti, dumped trash, potholes and street lights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cli.demo.scenario.chance import Random

Rhythm = Literal["daytime", "office", "evening", "night"]

_BY_HOUR: Mapping[Rhythm, Sequence[float]] = {
    "daytime": (1, 1, 1, 1, 1, 2, 5, 9, 12, 13, 12, 11, 10, 10, 10, 10, 10, 9, 7, 6, 5, 4, 2, 1),
    "office": (0, 0, 0, 0, 0, 0, 1, 6, 12, 14, 14, 12, 10, 11, 12, 11, 9, 4, 2, 1, 1, 0, 0, 0),
    "evening": (2, 1, 1, 0, 0, 1, 3, 4, 4, 4, 4, 4, 4, 4, 5, 6, 9, 12, 12, 11, 9, 7, 5, 3),
    "night": (14, 10, 6, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 8, 22, 20),
}
"""Weights of the hours from midnight on."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request, with how often it comes and when."""

    code: str
    per_mille: float
    rhythm: Rhythm = "daytime"

    def hour(self, rng: Random) -> int:
        """Return an hour of the day at which it is reported."""
        return rng.choices(range(24), _BY_HOUR[self.rhythm])[0]


KINDS = (
    Kind("CAMP-REPORT", 130),
    Kind("VEH-ABANDONED", 95),
    Kind("VEH-PARKING", 60),
    Kind("GRAF-PUBLIC", 55),
    Kind("TRASH-DUMPED", 50),
    Kind("ROW-POTHOLE", 50),
    Kind("CAMP-TRASH", 40),
    Kind("ROW-STREETLIGHT", 40, "evening"),
    Kind("VEH-OCCUPIED", 35),
    Kind("GRAF-PRIVATE", 30, "office"),
    Kind("TRASH-LITTER", 30),
    Kind("INFO-GENERAL", 30, "office"),
    Kind("VEH-CAMP", 25),
    Kind("TRASH-CAN", 25),
    Kind("NOISE-GENERAL", 25, "evening"),
    Kind("TRASH-MISSED", 20),
    Kind("VEH-STORED", 15),
    Kind("ROW-STORMDRAIN", 15),
    Kind("VEH-DRIVEWAY", 12),
    Kind("GRAF-SIGN", 12),
    Kind("SW-TRIP", 12),
    Kind("NOISE-NIGHT", 12, "night"),
    Kind("PARK-MAINT", 12),
    Kind("ROW-SIGN", 10),
    Kind("ROW-SIGNAL-MINOR", 10),
    Kind("SW-VEG", 10),
    Kind("TRASH-SHARPS", 10),
    Kind("CODE-NUISANCE", 10),
    Kind("VEH-METER", 8, "office"),
    Kind("VEH-TOWED", 8),
    Kind("TRASH-CART", 8),
    Kind("ROW-BIKELANE", 8),
    Kind("ROW-DEADANIMAL", 8),
    Kind("ROW-SWEEP", 8),
    Kind("ROW-TRAFFICSAFETY", 8, "evening"),
    Kind("ROW-DEBRIS", 8),
    Kind("NOISE-BARKING", 8, "evening"),
    Kind("TREE-LOWLIMB", 8),
    Kind("WAT-BILL", 8, "office"),
    Kind("SOC-SERVICES", 8, "office"),
    Kind("POL-ONLINE", 8),
    Kind("ROW-WORKZONE", 6, "office"),
    Kind("SW-BLOCKED", 6),
    Kind("SW-SCOOTER", 6),
    Kind("PARK-RESTROOM", 6),
    Kind("PARK-RULES", 6),
    Kind("PEST-VECTOR", 6),
    Kind("JUR-TRANSIT", 6),
    Kind("CAMP-ADA", 5),
    Kind("WAT-LEAK", 5),
    Kind("SEW-ODOR", 5, "evening"),
    Kind("CODE-HOUSING", 5, "office"),
    Kind("GRAF-HATE", 4),
    Kind("ROW-TREE-DOWN", 4),
    Kind("LANG-REQUEST", 4, "office"),
    Kind("PERMIT-TSUP", 4, "office"),
    Kind("JUR-POWER", 4, "evening"),
    Kind("ROW-STEELPLATE", 3, "night"),
    Kind("ROW-TREE-HANGING", 3),
    Kind("TREE-PERMIT", 3, "office"),
    Kind("WAT-QUALITY", 3),
    Kind("ADA-REQUEST", 3, "office"),
    Kind("ROW-SIGNAL-OUT", 2),
    Kind("ROW-STOPSIGN", 2),
    Kind("SEW-BACKUP", 2),
)
_SHARES = tuple(kind.per_mille for kind in KINDS)

WITHOUT_PLACE = frozenset(
    {"INFO-GENERAL", "VEH-TOWED", "WAT-BILL", "SOC-SERVICES", "POL-ONLINE", "LANG-REQUEST"}
    | {"ADA-REQUEST", "PERMIT-TSUP", "TREE-PERMIT"}
)
"""Questions and requests that are about no place."""

WITH_PHOTO = frozenset({"GRAF-PUBLIC", "GRAF-PRIVATE", "GRAF-HATE", "GRAF-SIGN", "SW-TRIP"})

SENSED = frozenset({"TRASH-CAN", "ROW-STREETLIGHT", "VEH-METER"})
"""What the city's own devices report as well."""


def some_kind(rng: Random) -> Kind:
    """Return a kind, the frequent ones more often."""
    return rng.choices(KINDS, _SHARES)[0]
