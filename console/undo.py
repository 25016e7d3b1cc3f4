"""Undo: the command that takes another one back, from the case as it was before."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict

_REASON = "Taken back"

Case: TypeAlias = Mapping[str, Any]
Way: TypeAlias = dict[str, str] | None


class Undo(BaseModel):
    """An offer to take a command back.

    Attributes:
        done: Name of the command that was given.
        fields: Fields of the form that takes it back.
    """

    model_config = ConfigDict(frozen=True)

    done: str
    case_id: str
    summary: str
    fields: Mapping[str, str]


def undo_of(
    name: str,
    fields: Mapping[str, str],
    before: Case,
    events: Sequence[Mapping[str, Any]],
) -> Undo | None:
    """Return the offer after a command; None where it has no way back.

    Without one, too: a command whose case somebody else changed after ``before`` was read.
    """
    own = [event for event in events if event["data"]["case_id"] == before["case_id"]]
    if not own or own[0]["data"]["version"] != before["version"] + 1:
        return None
    back = _WAYS[name](fields, before)
    if back is None:
        return None
    last = own[-1]
    common = {
        "reason": _REASON,
        "expected_version": str(last["data"]["version"]),
        "since": last["id"],
    }
    case_id, summary = before["case_id"], before["summary"]
    return Undo(done=name, case_id=case_id, summary=summary, fields=common | back)


def _place(before: Case) -> Way:
    place = before["location"]
    if place["latitude"] is None:
        return None
    where = f"{place['latitude']}, {place['longitude']} {place['address'] or ''}"
    return {"command": "change_place", "where": where.strip()}


def _lower(fields: Mapping[str, str], before: Case) -> Way:
    if fields.get("level") == "P1":  # lowering it needs a second person
        return None
    return {"command": "lower_priority", "level": before["priority"]["level"]}


# The way back from each command that has one, by the fields of its form and the case before.
_WAYS: Mapping[str, Callable[[Mapping[str, str], Case], Way]] = {
    "acknowledge": lambda _, before: (
        {"command": "unacknowledge"} if before["status"] == "open" else None
    ),
    "unacknowledge": lambda *_: {"command": "acknowledge"},
    "assign": lambda _, before: {"command": "assign", "assignee": before["assignee"] or ""},
    # A moment that has passed ends a hold.
    "hold": lambda _, before: {
        "command": "hold",
        "until": before["held_until"] or before["first_reported_at"],
    },
    "change_kind": lambda _, before: {
        "command": "change_kind",
        "service_code": before["service_code"],
    },
    "change_place": lambda _, before: _place(before),
    "raise_priority": _lower,
    "lower_priority": lambda _, before: {
        "command": "raise_priority",
        "level": before["priority"]["level"],
    },
    "transfer": lambda _, before: {"command": "transfer", "bureau": before["lead_bureau"]},
    "close": lambda *_: {"command": "reopen"},
}
REVERSIBLE = _WAYS.keys()
