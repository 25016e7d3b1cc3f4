"""A storm: its surge, and the cases of it."""

from datetime import datetime
from typing import Any

from shared.contract.events import RequestTriaged, Surge, SurgeEnded, SurgeStarted, new_id
from tests.support.builders import NOON, decision, location, request, request_triaged
from tests.support.dispatch.factories import HOUR

DISTRICT = "east"


def storm_surge(**changes: Any) -> Surge:
    fields: dict[str, Any] = {
        "surge_id": new_id(),
        "jurisdiction": "portland.gov",
        "dedup_group": "pavement",
        "district": DISTRICT,
        "window_start": NOON - HOUR,
        "window_end": NOON,
        "count": 12,
        "expected": 0.4,
    }
    return Surge(**(fields | changes))


def started(surge: Surge) -> SurgeStarted:
    return SurgeStarted.of(surge, now=NOON)


def ended(surge: Surge, at: datetime) -> SurgeEnded:
    return SurgeEnded.of(surge.model_copy(update={"window_end": at}), now=NOON)


def report(case_id: str | None = None, at: datetime = NOON, **place: Any) -> RequestTriaged:
    of = request(submitted_at=at, location=location(**({"district": DISTRICT} | place)))
    return request_triaged(decision(of, case_id=case_id or new_id()))
