"""Rows of the files, in the columns of GeoReport Bulk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from services.intake.channels.status_view import (
    STATUS_TEXT,
    bureau_name,
    current_status,
    outcome_note,
)
from services.intake.identifiers import without_numbers
from shared.catalogue import Jurisdiction

FieldType: TypeAlias = Literal["string", "datetime", "number"]

_SHOWN = ("public", "released")
_DECIMALS = 6


class OpenRequest(NamedTuple):
    """A public request; times in UTC, degrees in WGS 84, ``parent_id`` of the first of its case."""

    service_request_id: str
    requested_datetime: datetime
    updated_datetime: datetime
    closed_date: datetime | None
    status_description: Literal["open", "closed"]
    status_notes: str
    service_name: str
    description: str
    agency_responsible: str | None
    address: str | None
    lat: float | None
    long: float | None
    parent_id: str | None


FIELDS: Mapping[str, FieldType] = {
    name: "datetime"
    if name.endswith(("datetime", "date"))
    else "number"
    if name in ("lat", "long")
    else "string"
    for name in OpenRequest._fields
}


def open_request(row: Mapping[str, Any], city: Jurisdiction) -> OpenRequest:
    """Return the row of a request; its description is empty unless the public may read it."""
    is_shown = row["text_status"] in _SHOWN
    is_closed = not row["is_open"]
    return OpenRequest(
        service_request_id=row["public_id"],
        requested_datetime=row["submitted_at"],
        updated_datetime=row["updated_at"],
        closed_date=row["taken_at"] if is_closed else None,
        status_description="closed" if is_closed else "open",
        status_notes=_notes(row),
        service_name=city.services[row["service_code"]].name.en,
        description=without_numbers(row["description"]) if is_shown else "",
        agency_responsible=bureau_name(row["bureau"], city)
        if row["status"]
        else row["referral_name"],
        address=row["address"],
        lat=_degrees(row["latitude"]),
        long=_degrees(row["longitude"]),
        parent_id=row["parent_id"],
    )


def _notes(row: Mapping[str, Any]) -> str:
    outcome = outcome_note(row["outcome"], was_moved=row["was_moved"])
    parts = (
        STATUS_TEXT[current_status(row["outcome"], row["status"])].en,
        outcome.en if outcome else None,
        without_numbers(row["note"]) if row["note"] else None,
    )
    return " ".join(filter(None, parts))


def _degrees(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
