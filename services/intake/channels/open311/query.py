"""Reads the parameters of lists of requests."""

from collections.abc import Collection
from datetime import datetime, timedelta

from services.intake.channels.listing.query import (
    BoundingBox,
    Cursor,
    ListQuery,
    Span,
    public_codes,
)
from services.intake.channels.open311.form import Parameters, number_of
from services.intake.channels.open311.responses import bad_request
from services.intake.identifiers import read_public_id, read_tracking_number
from shared.catalogue import Jurisdiction
from shared.vocabulary import END_OF_TIME, MAX_LATITUDE, MAX_LONGITUDE, START_OF_TIME

MAX_SPAN = timedelta(days=90)
MAX_PAGE_SIZE = 1_000
# Most requests before a page by number; later ones are reached by the link to the next page.
MAX_OFFSET = 20_000
MAX_IDS = 1_000
_IS_OPEN = {"open": True, "closed": False}
_BOX_VALUES = 4


def read_name(text: str) -> str | None:
    """Return a public id or a tracking number in its canonical form; None for neither."""
    return read_public_id(text) or read_tracking_number(text)


def read_names(parameters: Parameters) -> list[str] | None:
    """Return the requests that a call names, or raise ``Open311Error``; None for a query."""
    given = parameters.texts("service_request_id")
    if len(given) > MAX_IDS:
        raise bad_request(f"service_request_id: ask for at most {MAX_IDS:,} at once.")
    return [name for text in given if (name := read_name(text))] if given else None


def read_query(parameters: Parameters, city: Jurisdiction, now: datetime) -> ListQuery:
    """Return the query of a call, or raise ``Open311Error``.

    Without any date it is about the 90 days before ``now``; with ``updated_after`` or
    ``updated_before`` alone it filters by the time of the last change.
    """
    submitted = _span(parameters, "start_date", "end_date", now)
    updated = _span(parameters, "updated_after", "updated_before", now)
    asked = parameters.texts("service_code")
    limit = min(MAX_PAGE_SIZE, parameters.count("page_size", MAX_PAGE_SIZE))
    return ListQuery(
        jurisdiction=city.id,
        codes=tuple(c for c in public_codes(city) if not asked or c in asked),
        names_codes=bool(asked),
        statuses=_statuses(parameters.texts("status")),
        submitted=submitted if submitted or updated else Span(now - MAX_SPAN, END_OF_TIME),
        updated=updated,
        box=_box(parameters.text("bbox")),
        limit=limit,
        offset=_offset(parameters.count("page", 1), limit),
        after=_cursor(parameters.text("after")),
    )


def _span(parameters: Parameters, first: str, last: str, now: datetime) -> Span | None:
    """Return the span between two dates; one alone begins or ends a span of 90 days."""
    since, until = parameters.moment(first), parameters.moment(last)
    if since is None and until is None:
        return None
    if since is None:
        until = until or now
        since = max(START_OF_TIME + MAX_SPAN, until) - MAX_SPAN
    if until is None:
        until = min(since + MAX_SPAN, END_OF_TIME)
    if until < since:
        raise bad_request(f"{last}: write a moment after {first}.")
    if until - since > MAX_SPAN:
        raise bad_request(f"{first} and {last}: ask for at most 90 days at once.")
    return Span(since, _whole_second(until))


def _whole_second(until: datetime) -> datetime:
    """Return the end of a moment's second: answers have moments without fractions."""
    return until if until.microsecond else until.replace(microsecond=999_999)


def _statuses(texts: Collection[str]) -> tuple[bool, ...]:
    if not set(texts) <= _IS_OPEN.keys():
        raise bad_request("status: write open, closed, or both with a comma.")
    return tuple(is_open for text, is_open in _IS_OPEN.items() if not texts or text in texts)


def _box(text: str | None) -> BoundingBox | None:
    if text is None:
        return None
    parts = text.split(",")
    sides = [number for part in parts if (number := number_of(part)) is not None]
    if len(parts) != _BOX_VALUES or len(sides) != _BOX_VALUES:
        raise bad_request("bbox: write the west, south, east and north side in degrees.")
    west, south, east, north = sides
    if not (
        -MAX_LONGITUDE <= west <= east <= MAX_LONGITUDE
        and -MAX_LATITUDE <= south <= north <= MAX_LATITUDE
    ):
        raise bad_request("bbox: write west before east and south before north, on Earth.")
    return BoundingBox(west, south, east, north)


def _offset(page: int, limit: int) -> int:
    offset = (page - 1) * limit
    if offset > MAX_OFFSET:
        raise bad_request(
            f"page: pages by number end after {MAX_OFFSET:,} requests. Follow the link rel=next of "
            "the page before, or ask for a shorter time."
        )
    return offset


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    try:
        return Cursor.decode(text)
    except (ValueError, OverflowError):
        raise bad_request("after: take it from the link to the next page as it is.") from None
