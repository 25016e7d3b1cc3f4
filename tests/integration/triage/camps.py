"""Camp reports, and the decisions on them."""

from collections.abc import Sequence
from typing import Any

from shared.contract.events import Decision, Event, RequestSubmitted
from shared.vocabulary import GeoPoint
from tests.support.builders import (
    PIONEER_SQUARE,
    location,
    request_submitted,
)


def camp(point: GeoPoint = PIONEER_SQUARE, **changes: Any) -> RequestSubmitted:
    fields: dict[str, Any] = {
        "service_code": "CAMP-REPORT",
        "dedup_group": "camp",
        "description": "Two tents",
        "location": location(point),
    }
    return request_submitted(**(fields | changes))


def by_request(decisions: Sequence[Event]) -> dict[str, Decision]:
    return {event.data.request_id: event.data for event in decisions}
