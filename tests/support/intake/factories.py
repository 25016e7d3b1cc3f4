"""Makers of what intake's rules take, in a small city of the tests' own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.intake.policy import IntakePolicy, ServedCity, city_of
from services.intake.records.submissions import RawSubmission
from shared.catalogue import load_catalogue
from shared.contract.events import SubmissionReceived, encode
from shared.vocabulary import GeoPoint
from tests.support.builders import handed_in

CATALOGUE = load_catalogue(Path(__file__).parent / "catalogue")
LAKESIDE = CATALOGUE.jurisdictions["lakeside.gov"]
HERE = GeoPoint(45.5189, -122.6793)
BEYOND_THE_LIMITS = GeoPoint(45.5001, -122.4302)
KEY = b"a secret of the tests"


class FakeBoundaries:
    """One point lies in Hilltop; all else is the city's, north of HERE its north."""

    def municipality(self, points: Sequence[GeoPoint]) -> list[str | None]:
        return ["hilltop" if point == BEYOND_THE_LIMITS else "lakeside.gov" for point in points]

    def district(self, points: Sequence[GeoPoint]) -> list[str | None]:
        return ["north" if point.latitude > HERE.latitude else None for point in points]


CITY: ServedCity = city_of(LAKESIDE, FakeBoundaries())
POLICY = IntakePolicy({"lakeside.gov": CITY}, KEY, "https://311.example.org")


def data(**changes: Any) -> dict[str, Any]:
    """The data of a submission to the city; a field given as None is left out."""
    fields: dict[str, Any] = {
        "jurisdiction": "lakeside.gov",
        "channel": "web",
        "service_code": "POTHOLE",
        "description": "Deep hole by the tram stop",
        "language": "en",
        "location": {"latitude": HERE.latitude, "longitude": HERE.longitude},
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def handed_in_event(
    id: str | None = None, source: str = "/test", **changes: Any
) -> SubmissionReceived:
    return handed_in(data(**changes), id=id, source=source)


def raw_submission(event: SubmissionReceived | None = None, **changes: Any) -> RawSubmission:
    event = event or handed_in_event(**changes)
    return RawSubmission(event, encode(event))
