"""Factories of triage's inputs for Rivertown, a city that exists only in tests."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.model import Report, TriageCase
from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseReopened,
    CaseReopening,
    CaseRequestSplit,
    CaseSplit,
    Event,
    RequestSubmitted,
    SubmittedRequest,
    new_id,
)
from shared.contract.routes import routes
from shared.runtime.consumer.messages import Message
from shared.vocabulary import GeoPoint
from tests.support.builders import (
    NOON,
    PIONEER_SQUARE,
    location,
    priority,
    request,
    request_submitted,
)
from tests.support.records import record
from tests.support.text_models import catalogue_with, text_model

# Points of dangers are for a text with one known feature.
_DANGER = {"": -10, "help": 90, "smoke": 72, "roof": 36, "film": -54, "club": -54, "@!fire": -120}
TEXT_MODEL = text_model(
    {
        "urgent:en": {
            "": -10,
            "tilting": 8,
            "heavy": 4,
            "crane": 4,
            "toy": -9,
            "@lane_blocked": 12,
            "@sparking": 20,
            "@no_route": 12,
            "help": 12,
            "film": -6,
            "club": -6,
            "@fire": 18,
            "@injury": 18,
            "smoke": 4,
            "roof": 4,
        },
        "urgent:es": {"": -10, "inclinada": 8, "grúa": 4, "@lane_blocked": 12},
        "fire": _DANGER | {"help": 0, "@fire": 40},
        "live_electricity": {"": -10, "film": -18, "club": -18, "@sparking": 40},
        "medical": _DANGER | {"smoke": 0, "roof": 0, "@injury": 40},
    },
    dangers=("fire", "live_electricity", "medical"),
    languages=("en", "es"),
)
CATALOGUE_FOLDER = Path(__file__).parent / "catalogue"
CATALOGUE = catalogue_with(CATALOGUE_FOLDER, TEXT_MODEL)
CITY = CATALOGUE.jurisdictions["rivertown.gov"]
POLICY = TriagePolicy(CATALOGUE)
LIMITS = {code: kind.dedup for code, kind in CITY.services.items()}
KEY = "rivertown.gov:campsite"
HERE = PIONEER_SQUARE
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def report(**changes: Any) -> Report:
    fields: dict[str, Any] = {
        "request_id": new_id(),
        "kind": "CAMP",
        "observed_at": NOON,
        "point": HERE,
    }
    return Report(**(fields | changes))


def case(opening: Report | None = None, **changes: Any) -> TriageCase:
    fields: dict[str, Any] = {
        "case_id": new_id(),
        "key": KEY,
        "opening": opening or report(),
    }
    return TriageCase(**(fields | changes))


def in_rivertown(**changes: Any) -> SubmittedRequest:
    """Return a request of the city; its dedup group is that of its kind."""
    kind = changes.setdefault("service_code", "CAMP")
    fields: dict[str, Any] = {
        "jurisdiction": "rivertown.gov",
        "dedup_group": CITY.services[kind].dedup.group if kind in CITY.services else "other",
        "description": "Tents by the river",
        "location": location(municipality="rivertown.gov"),
    }
    return request(**(fields | changes))


def at(point: GeoPoint, **changes: Any) -> Any:
    return location(point, **({"municipality": "rivertown.gov"} | changes))


def submitted(**changes: Any) -> RequestSubmitted:
    return request_submitted(in_rivertown(**changes))


def _state(case_id: str, version: int) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "version": version,
        "jurisdiction": "rivertown.gov",
        "status": "completed",
        "priority": priority(),
        "service_code": "CAMP",
        "dedup_group": "campsite",
        "lead_bureau": "PARKS",
        "request_count": 1,
    }


def closed(case_id: str, *, at: Any, version: int = 2, **changes: Any) -> CaseClosed:
    fields = _state(case_id, version) | {"previous_status": "open", "closed_at": at}
    data = CaseClosing(**(fields | changes))
    return CaseClosed.of(data, now=at)


def reopened(case_id: str, *, version: int = 3) -> CaseReopened:
    data = CaseReopening(**_state(case_id, version), previous_status="completed")
    return CaseReopened.of(data, now=NOON)


def split_off(case_id: str, request_id: str, to_case: str, **changes: Any) -> CaseRequestSplit:
    fields = _state(case_id, 2) | {"request_id": request_id, "to_case": to_case}
    data = CaseSplit(**(fields | changes))
    return CaseRequestSplit.of(data, now=NOON)


def messages(*events: Event) -> list[Message[Any]]:
    """Return the events as the consumer passes them to a handler."""
    return [
        Message(record(topic=routes(event)[-1][0], offset=offset), event)
        for offset, event in enumerate(events)
    ]
