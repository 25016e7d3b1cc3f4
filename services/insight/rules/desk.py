"""The report of the desk: contacts by phone and at the counter, with or without a request."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Protocol, get_args

from services.insight.rules.tables import Cell, Fact, Figures, Row, small_cells, table
from shared.vocabulary import SETTLED_AT_DESK, DeskChannel, DeskOutcome

_CHANNELS = get_args(DeskChannel)
_SETTLED_BY_TRIAGE = ("answered", "referral")


class AtDesk(Fact, Protocol):
    """A contact; outcome and time are None for a request without measurements of a desk."""

    @property
    def desk_outcome(self) -> DeskOutcome | None: ...  # noqa: D102
    @property
    def handle_seconds(self) -> int | None: ...  # noqa: D102
    @property
    def outcome(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class ContactFact:
    """A contact that became no request, at a moment of the city's time; it has no place or kind."""

    channel: str
    language: str | None
    at: datetime
    desk_outcome: DeskOutcome
    handle_seconds: int | None
    kind: None = None
    group: None = None
    bureau: None = None
    district: None = None
    priority: None = None
    outcome: None = None


def desk_rows(
    requests: Sequence[AtDesk], contacts: Sequence[ContactFact], by: Sequence[str]
) -> list[Row]:
    """Return the rows by one dimension besides the channel, or by the channel.

    A row is shown where its parts by channel are shown among all requests, among the contacts, and
    among both together, so that it adds nothing from which another could be subtracted.
    """
    everything: Sequence[AtDesk] = [*requests, *contacts]
    names = ("channel", *(name for name in by if name != "channel"))
    parts: dict[Cell, list[bool]] = defaultdict(list)
    for facts in (everything, requests, contacts):
        for row in table(facts, names, lambda *_: {}):
            if row.cell[0] in _CHANNELS:
                values = dict(zip(names, row.cell, strict=True))
                parts[tuple(values[name] for name in by)].append(row.n is not None)
    at_desk = [one for one in everything if one.channel in _CHANNELS]
    untold = small_cells(at_desk, by, *_PARTITIONS)
    rows = {row.cell: row for row in table(at_desk, by, lambda _, found: _figures(found), untold)}
    hidden = dict.fromkeys(_figures(()))
    return [
        rows[cell] if all(are_shown) else Row(cell, None, hidden)
        for cell, are_shown in parts.items()
    ]


def _figures(contacts: Sequence[AtDesk]) -> Figures:
    seconds = [one.handle_seconds for one in contacts if one.handle_seconds is not None]
    return {
        "resolved_at_first_contact": sum(map(_is_settled, contacts)),
        "without_request": sum(one.outcome is None for one in contacts),
        "to_interpreter": sum(one.desk_outcome == "interpreter" for one in contacts),
        "timed": len(seconds),
        "median_handle_seconds": float(median(seconds)) if seconds else None,
    }


def _is_settled(contact: AtDesk) -> bool:
    return contact.desk_outcome in SETTLED_AT_DESK or contact.outcome in _SETTLED_BY_TRIAGE


_PARTITIONS: Sequence[Callable[[AtDesk], bool]] = (
    _is_settled,
    lambda one: one.outcome is None,
    lambda one: one.desk_outcome == "interpreter",
    lambda one: one.handle_seconds is not None,
)
