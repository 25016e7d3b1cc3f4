"""The vocabulary of the domain: one definition of each term for every service and the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import asin, cos, radians, sin, sqrt
from typing import Literal, NamedTuple, TypeAlias

# Bounds of a plausible moment: inclusive and exclusive.
# Near the years 1 and 9999 a moment has no local time, and no work is planned for then.
START_OF_TIME = datetime(2000, 1, 1, tzinfo=UTC)
END_OF_TIME = datetime(2100, 1, 1, tzinfo=UTC)


def is_plausible(moment: datetime) -> bool:
    """Return True when the moment has an offset and lies within the bounds."""
    return moment.utcoffset() is not None and START_OF_TIME <= moment < END_OF_TIME


# Name of the console's key: its actors are members of staff, and it states their roles.
CONSOLE_KEY = "console"

# Languages of the catalogue's texts and of the text model, as BCP 47 tags.
Language: TypeAlias = Literal["en", "es"]

# The channel by which a submission came in.
SubmissionChannel: TypeAlias = Literal[
    "web", "app", "phone", "email", "sms", "walk_in", "open311", "sensor", "kafka"
]

# Who wrote a report down: the resident (also by telephone), staff on their own, or a bulk import.
EnteredBy: TypeAlias = Literal["resident", "staff", "batch"]

# The channel by which a follower is notified.
StatusChannel: TypeAlias = Literal["email", "sms"]

# Which texts of residents the public reads at once: all, those that the screen lets pass, or none.
PublicTexts: TypeAlias = Literal["at_once", "screened", "after_release"]
# What a text says about a private person.
PersonalClass: TypeAlias = Literal["name", "accusation", "insult", "plate", "health", "home"]
TextStatus: TypeAlias = Literal["public", "held", "released", "withheld"]

# `express` for a request that may be an urgent hazard, `standard` for all others.
Lane: TypeAlias = Literal["express", "standard"]

# How a location is known; `default` is a placeholder point that stands for "unknown".
LocationPrecision: TypeAlias = Literal["point", "address", "street", "area", "default", "none"]

# Triage's result for one request.
TriageOutcome: TypeAlias = Literal[
    "new", "duplicate", "recurrence", "possible_duplicate", "referral", "answered"
]

# Severity of a text by itself: a danger to life, an urgent hazard, or neither.
TextSeverity: TypeAlias = Literal["danger", "urgent", "routine"]

# Class of a danger that a text names; all but the last are dangers to life.
DangerClass: TypeAlias = Literal[
    "live_electricity",
    "fire",
    "gas",
    "collapse",
    "trapped",
    "drowning",
    "medical",
    "violence",
    "weapon",
    "self_harm",
    "hazardous_material",
    "road_hazard",
]

PriorityLevel: TypeAlias = Literal["P1", "P2", "P3", "P4", "P5"]  # `P1` is the most urgent

URGENT_LEVELS: frozenset[PriorityLevel] = frozenset({"P1", "P2"})

# The lowest score of each level.
MIN_SCORE: dict[PriorityLevel, int] = {"P1": 80, "P2": 60, "P3": 40, "P4": 20, "P5": 0}

# The deadline that a reminder is about: approaching or passed.
Reminder: TypeAlias = Literal[
    "acknowledge_soon", "acknowledge_overdue", "complete_soon", "complete_overdue"
]

MissedDeadline: TypeAlias = Literal["acknowledge", "complete"]

CaseStatus: TypeAlias = Literal[
    "open",
    "acknowledged",
    "scheduled",
    "in_progress",
    "waiting_for_resident",
    "completed",
    "declined",
    "referred",
]
ClosingStatus: TypeAlias = Literal["completed", "declined", "referred"]
CLOSED_STATUSES: frozenset[CaseStatus] = frozenset({"completed", "declined", "referred"})

# The reports of insight.
InsightReport: TypeAlias = Literal[
    "volumes",
    "times",
    "promises",
    "duplicates",
    "reporting",
    "feedback",
    "reopened",
    "triage",
    "desk",
]

# How a contact of the desk ends.
DeskOutcome: TypeAlias = Literal[
    "answered", "referred", "request", "joined", "interpreter", "dropped"
]
DeskChannel: TypeAlias = Literal["phone", "walk_in"]

# Outcomes that settle what the person came for, and those that have a request.
SETTLED_AT_DESK: frozenset[DeskOutcome] = frozenset({"answered", "referred", "joined"})
WITH_REQUEST: frozenset[DeskOutcome] = frozenset({"request", "joined"})

WorkOrderRole: TypeAlias = Literal["lead", "informed"]

# The status that a bureau may report for its work order.
UpdateStatus: TypeAlias = Literal[
    "acknowledged",
    "scheduled",
    "in_progress",
    "waiting_for_resident",
    "completed",
    "declined",
    "transferred",
]

WorkOrderStatus: TypeAlias = Literal["issued", UpdateStatus, "withdrawn"]
FINAL_STATUSES: frozenset[WorkOrderStatus] = frozenset(
    {"completed", "declined", "transferred", "withdrawn"}
)

# Why a bureau's update was refused.
UpdateRefusalCode: TypeAlias = Literal[
    "unknown_work_order",
    "not_your_work_order",
    "transition_not_allowed",
    "version_conflict",
    "missing_reason",
    "missing_transfer_to",
    "unknown_bureau",
    "invalid",
]

# Commands that an operator may give about a case.
CommandName: TypeAlias = Literal[
    "lower_priority",
    "raise_priority",
    "split_request",
    "merge_case",
    "transfer",
    "close",
    "reopen",
    "acknowledge",
    "assign",
    "note",
    "hold",
    "change_kind",
    "change_place",
    "answer",
    "ask",
    "unacknowledge",
    "erase_contact",
]

# What takes effect only once a second person approves it.
FourEyesRule: TypeAlias = Literal["lower_p1", "close_many", "erasure"]


class ScoreReason(NamedTuple):
    """One named reason for a priority; ``points`` are negative where it lowers the score."""

    code: str
    points: int
    evidence: str | None = None


EARTH_RADIUS_M = 6_371_008.8  # mean radius R1, IUGG 1980 (Moritz 2000, Geodetic Reference System)
MAX_LATITUDE = 90
MAX_LONGITUDE = 180


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """A point on the WGS 84 ellipsoid, in decimal degrees; ValueError beyond the Earth's range."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (abs(self.latitude) <= MAX_LATITUDE and abs(self.longitude) <= MAX_LONGITUDE):
            raise ValueError("not a point on Earth")


def distance_m(a: GeoPoint, b: GeoPoint) -> float:
    """Great-circle distance between two points in metres.

    The sphere of radius ``EARTH_RADIUS_M`` approximates the ellipsoid within 0.56 % (38 cm over a
    67 m search radius). Haversine formula: R. W. Sinnott, "Virtues of the Haversine", Sky &
    Telescope 68(2), 1984, p. 159.
    """
    d_lat = radians(b.latitude - a.latitude)
    d_lon = radians(b.longitude - a.longitude)
    h = (
        sin(d_lat / 2) ** 2
        + cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(d_lon / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(h)))


_LANGUAGES: Mapping[str, Language] = {"en": "en", "es": "es"}
_CANONICAL = {"tl": "fil"}  # languages with two tags: the tag of CLDR


def primary_subtag(tag: str) -> str:
    """Return the language of a BCP 47 tag, such as ``es`` of ``es-MX``."""
    subtag = tag.lower().replace("_", "-").partition("-")[0]
    return _CANONICAL.get(subtag, subtag)


def supported_language(tag: str) -> Language | None:
    """Return the catalogue's language of a BCP 47 tag, or None."""
    return _LANGUAGES.get(primary_subtag(tag))
