"""Read model of cases: lists, with an index for each filter, and one with its history."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from asyncpg import Record

from services.dispatch.records.answers import (
    CaseCounts,
    CaseFilter,
    CaseOrder,
    CasePage,
    CasePosition,
    WholeCase,
)
from services.dispatch.records.changes import CaseHistoryEntry, uuids
from services.dispatch.store import rows
from services.dispatch.store.postgres import CASE_REQUESTS_SQL, cases_with_orders
from shared.runtime.postgres import Connection
from shared.vocabulary import CLOSED_STATUSES

_TRACKING_NUMBER = re.compile(r"\d\d[- ][0-9A-Z]{4}[- ][0-9A-Z]{2,}", re.IGNORECASE)
# Separators are those of the index, and what has a meaning in a text search query.
_WORD = re.compile(r"[^\s\-./_'\\]+")
_PAGE_SQL = "SELECT * FROM cases WHERE {conditions} ORDER BY {order} LIMIT {limit}"
_COUNTS_SQL = "SELECT level, status, count(*) FROM cases WHERE {conditions} GROUP BY level, status"
# Columns of each order in the words of the indexes, and the condition of what comes after a case.
_DUE = "coalesce(overdue_at, 'infinity')"
_ACKNOWLEDGED = "(status <> 'open' OR acknowledged_at IS NOT NULL)"
_ORDERS: Mapping[CaseOrder, tuple[str, str]] = {
    "urgent": (
        f"level, {_ACKNOWLEDGED}, {_DUE}, case_id",
        f"""(level, {_ACKNOWLEDGED}, {_DUE}, case_id)
            > ({{}}, {{}}, coalesce({{}}::timestamptz, 'infinity'), {{}})""",
    ),
    "due": (
        f"{_DUE}, case_id",
        f"({_DUE}, case_id) > (coalesce({{}}::timestamptz, 'infinity'), {{}})",
    ),
    "newest": ("case_id DESC", "case_id < {}"),
    "oldest": ("case_id", "case_id > {}"),
}
_SORTED_BY: Mapping[CaseOrder, Sequence[str]] = {
    "urgent": ("level", "is_acknowledged", "due_at", "case_id"),
    "due": ("due_at", "case_id"),
    "newest": ("case_id",),
    "oldest": ("case_id",),
}
_WORDS = """to_tsvector('simple',
    replace(coalesce(request ->> 'tracking_number', ''), '-', '') || ' '
    || translate(coalesce(request #>> '{{problem,summary}}', '') || ' '
                 || coalesce(request #>> '{{problem,location,address}}', '') || ' '
                 || coalesce(request #>> '{{problem,location,details}}', ''), '-./_', '    '))"""
# Conditions in the words of the indexes, by the names of `_values`.
_CONDITIONS: Mapping[str, str] = {
    "status": "status = ANY({})",
    "priority": "level = ANY({})",
    "bureau": "lead_bureau = ANY({})",
    "kind": "service_code = ANY({})",
    "district": "problem #>> '{{location,district}}' = ANY({})",
    "assignee": "assignee = ANY({})",
    "language": "case_id IN (SELECT case_id FROM case_requests WHERE language = ANY({}))",
    "channel": "case_id IN (SELECT case_id FROM case_requests WHERE channel = ANY({}))",
    "q": f"""case_id IN (SELECT case_id FROM case_requests
                          WHERE {_WORDS} @@ to_tsquery('simple', {{}}))""",  # noqa: S608 - constants
    "bbox": "(problem #>> '{{location,longitude}}')::float8 >= {}"
    " AND (problem #>> '{{location,latitude}}')::float8 >= {}"
    " AND (problem #>> '{{location,longitude}}')::float8 <= {}"
    " AND (problem #>> '{{location,latitude}}')::float8 <= {}",
    "surge": "case_id IN (SELECT case_id FROM surge_cases WHERE surge_id = ANY({}))",
    "since": "first_reported_at >= {}",
    "until": "first_reported_at < {}",
    "overdue": "overdue_at <= {}",
    "not overdue": "(overdue_at > {} OR overdue_at IS NULL)",
    "held": "held_until > {}",
    "not held": "(held_until <= {} OR held_until IS NULL)",
}
_FLAGS: Mapping[str, str] = {
    "open": "closed_at IS NULL",
    "unsure": "problem ->> 'unsure' = 'true'",
    "not unsure": "problem ->> 'unsure' IS DISTINCT FROM 'true'",
}
# Flags of a filter that are about the present moment.
_BY_TIME = {"overdue", "held"}
# The best index of a filter depends on its values: few cases lie in a block, many in a city.
_PLAN_BY_VALUES_SQL = "SET LOCAL plan_cache_mode = force_custom_plan"
_CASE_SQL = "SELECT * FROM cases WHERE case_id = ANY($1::uuid[])"
# Two processes write in the order of the case's locks, and one may have a slower clock.
_HISTORY_SQL = """
    SELECT max(at) OVER (ORDER BY number) AS at, by, what, text, note, case_event::text
      FROM history WHERE case_id = ANY($1::uuid[]) ORDER BY number
"""


async def find_case(db: Connection, case_id: str) -> WholeCase | None:
    """Return a case; None for an unknown one."""
    for case in await cases_with_orders(db, await db.fetch(_CASE_SQL, uuids([case_id]))):
        requests = map(rows.request_of, await db.fetch(CASE_REQUESTS_SQL, [case_id]))
        history = await db.fetch(_HISTORY_SQL, [case_id])
        return WholeCase(
            case,
            sorted(requests, key=lambda request: (request.reported_at, request.request_id)),
            [CaseHistoryEntry(case_id=case_id, **dict(entry)) for entry in history],
        )
    return None


async def list_cases(  # noqa: PLR0913 - what a page depends on
    db: Connection,
    wanted: CaseFilter,
    after: CasePosition,
    limit: int,
    now: datetime,
    *,
    counts: bool = False,
) -> CasePage:
    """Return the cases that follow a position in its order, and the counts over all pages."""
    query = _Conditions()
    for name, values in _values(wanted, now):
        query.add(_CONDITIONS[name], values)
    for flag in _flags(wanted):
        query.add(_FLAGS[flag])
    await db.execute(_PLAN_BY_VALUES_SQL)
    counted = await db.fetch(query.statement(_COUNTS_SQL), *query.values) if counts else None
    order, follows = _ORDERS[after.order]
    query.add(follows, [getattr(after, name) for name in _SORTED_BY[after.order]])
    page = query.statement(_PAGE_SQL, order=order, limit=limit + 1)
    found = await db.fetch(page, *query.values)
    shown = found[:limit]
    due = [row["overdue_at"] for row in shown]
    cases = list(zip(await cases_with_orders(db, shown), due, strict=True))
    return CasePage(
        cases,
        CasePosition.of(after.order, *cases[-1]) if cases else after,
        len(found) > limit,
        None if counted is None else _counts(counted),
    )


class _Conditions:
    """Conditions that all hold, with the values of their parameters."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.values: list[object] = []

    def add(self, condition: str, values: Sequence[object] = ()) -> None:
        numbers = range(len(self.values) + 1, len(self.values) + len(values) + 1)
        self._conditions.append(condition.format(*(f"${n}" for n in numbers)))
        self.values += values

    def statement(self, sql: str, **parts: object) -> str:
        return sql.format(conditions=" AND ".join(self._conditions) or "true", **parts)


def _counts(rows: Iterable[Record]) -> CaseCounts:
    priority, status = Counter[Any](), Counter[Any]()
    for row in rows:
        priority[row["level"]] += row["count"]
        status[row["status"]] += row["count"]
    return CaseCounts(priority=dict(sorted(priority.items())), status=status)


def _values(wanted: CaseFilter, now: datetime) -> Iterator[tuple[str, Sequence[object]]]:
    """Yield the name and the values of each condition with some."""
    given = wanted.model_dump(include={*CaseFilter.model_fields}, exclude_none=True)
    for name, value in given.items():
        if name == "bbox":
            yield name, value
        elif name == "q":
            yield name, [search_query(value)]
        elif name in _BY_TIME:
            yield name if value else f"not {name}", [now]
        elif name != "unsure":
            yield name, [value]


def _flags(wanted: CaseFilter) -> Iterator[str]:
    if wanted.status and CLOSED_STATUSES.isdisjoint(wanted.status):
        yield "open"
    if wanted.unsure is not None:
        yield "unsure" if wanted.unsure else "not unsure"


def search_query(text: str) -> str:
    """Return PostgreSQL's text search query for the beginnings of all words of a text.

    A tracking number is one word, as in the index; all numbers of a year begin alike.
    """
    words = _WORD.findall(text)
    if _TRACKING_NUMBER.fullmatch(text.strip()):
        words = ["".join(words)]
    return " & ".join(f"'{word}':*" for word in words)
