"""Answers of Open311 GeoReport v2 servers, parsed tolerantly."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic_core import from_json

from shared.vocabulary import is_plausible

# A JSON object of a list.
Entry: TypeAlias = Mapping[str, Any]
RemoteStatus: TypeAlias = Literal["acknowledged", "in_progress", "completed", "declined"]

MAX_DESCRIPTION = 4_000
MAX_NOTE = 4_000
_MAX_ID = 200
_TOO_LARGE = 2**63
_MAX_REASON = 300
_NO_REASON = "Closed without a reason."
_NOT_DONE = frozenset({"declined", "referred", "no_further_action", "not_responsible"})


class Accepted(NamedTuple):
    """Answer to a submission: an id, or a token until there is one, or neither."""

    service_request_id: str | None
    token: str | None


class RemoteProgress(NamedTuple):
    """Progress of a request in the other system, as of its last change, UTC."""

    status: RemoteStatus
    note: str | None
    at: datetime


def read_list(body: bytes | None) -> Sequence[Entry] | None:
    """Return the objects of a list, which may be wrapped in an object; None for anything else."""
    try:
        data = from_json(body or b"")
    except ValueError:
        return None
    if isinstance(data, dict) and len(data) == 1:
        [data] = data.values()
    if not isinstance(data, list):
        return None
    return [entry for entry in data if isinstance(entry, dict)]


def accepted(entries: Sequence[Entry] | None) -> Accepted | None:
    """Return the result of an answer to a submission; None for any other answer."""
    if not entries or not {"service_request_id", "token"} & entries[0].keys():
        return None
    return _accepted(entries[0])


def refusal(entries: Sequence[Entry] | None) -> str | None:
    """Return the server's reason for a refusal; None where it gives no error."""
    texts = [entry["description"] for entry in entries or () if "code" in entry]
    said = "; ".join(text for text in texts if isinstance(text, str))
    return "".join(filter(str.isprintable, said))[:_MAX_REASON] or None


def reference(work_order_id: str) -> str:
    """Return the line that identifies the request of a work order."""
    return f"Reference: {work_order_id}"


def described(parts: Iterable[str | None], work_order_id: str) -> str:
    """Return the description of a request, cut to its limit, with our reference last."""
    last = reference(work_order_id)
    text = "\n\n".join(filter(None, parts))[: MAX_DESCRIPTION - len(last) - 2].rstrip()
    return f"{text}\n\n{last}".lstrip()


def find_reference(entries: Iterable[Entry], work_order_id: str) -> Accepted | None:
    """Return the id of the request with our reference, or its token; None for no such request."""
    for entry in entries:
        if work_order_id in str(entry.get("description") or "").lower():
            return _accepted(entry)
    return None


def id_of(entry: Entry) -> str | None:
    """Return the id of a request; None while the server has given none."""
    return _id(entry.get("service_request_id"))


def is_open(entry: Entry) -> bool:
    """Return True unless a request is closed there."""
    return _word(entry.get("status")) != "closed"


def progress_of(entry: Entry, now: datetime) -> RemoteProgress | None:
    """Return the progress of a request; None unless its status is ``open`` or ``closed``.

    Some servers say more in ``extended_attributes``: in progress, or not done. A missing time is
    ``now``.
    """
    extended = entry.get("extended_attributes")
    detail = _word(extended.get("detailed_status")) if isinstance(extended, dict) else ""
    notes = entry.get("status_notes")
    note = notes.strip()[:MAX_NOTE] or None if isinstance(notes, str) else None
    at = _moment(entry.get("updated_datetime")) or now
    match _word(entry.get("status")):
        case "open":
            at_work = detail == "in_progress"
            return RemoteProgress("in_progress" if at_work else "acknowledged", note, at)
        case "closed" if detail in _NOT_DONE:
            return RemoteProgress("declined", note or _NO_REASON, at)
        case "closed":
            return RemoteProgress("completed", note, at)
        case _:
            return None


def _accepted(entry: Entry) -> Accepted:
    return Accepted(_id(entry.get("service_request_id")), _id(entry.get("token")))


def _id(value: object) -> str | None:
    """Return an id, which some servers write as a number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int) and not 0 <= value < _TOO_LARGE:
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= _MAX_ID and text.isprintable() and "," not in text else None


def _word(value: object) -> str:
    return value.strip().lower().replace(" ", "_") if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if is_plausible(moment) else None
