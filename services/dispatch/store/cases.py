"""Read model of cases: lists, with an index for each filter, and one with its history."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.dispatch.records import CaseFilter, CaseHistoryEntry, WholeCase, uuids
from services.dispatch.rules.case import Case
from services.dispatch.store import rows
from services.dispatch.store.postgres import CASE_REQUESTS_SQL, cases_with_orders
from shared.runtime.postgres import Connection

_TRACKING_NUMBER = re.compile(r"\d\d[- ][0-9A-Z]{4}[- ][0-9A-Z]{2,}", re.IGNORECASE)
# Separators are those of the index, and what has a meaning in a text search query.
_WORD = re.compile(r"[^\s\-./_'\\]+")
_PAGE_SQL = "SELECT * FROM cases WHERE case_id < $1{} ORDER BY case_id DESC LIMIT $2"
_WORDS = """to_tsvector('simple',
    replace(coalesce(request ->> 'tracking_number', ''), '-', '') || ' '
    || translate(coalesce(request #>> '{{problem,summary}}', '') || ' '
                 || coalesce(request #>> '{{problem,location,address}}', '') || ' '
                 || coalesce(request #>> '{{problem,location,details}}', ''), '-./_', '    '))"""
# Conditions in the words of the indexes, by the names of `_values`.
_CONDITIONS: Mapping[str, str] = {
    "status": "status = {}",
    "priority": "level = {}",
    "bureau": "lead_bureau = {}",
    "kind": "service_code = {}",
    "district": "problem #>> '{{location,district}}' = {}",
    "q": f"""case_id IN (SELECT case_id FROM case_requests
                          WHERE {_WORDS} @@ to_tsquery('simple', {{}}))""",  # noqa: S608 - constants
    "bbox": "(problem #>> '{{location,longitude}}')::float8 >= {}"
    " AND (problem #>> '{{location,latitude}}')::float8 >= {}"
    " AND (problem #>> '{{location,longitude}}')::float8 <= {}"
    " AND (problem #>> '{{location,latitude}}')::float8 <= {}",
    "surge": "case_id IN (SELECT case_id FROM surge_cases WHERE surge_id = {})",
    "overdue": "overdue_at <= {}",
    "in_time": "(overdue_at > {} OR overdue_at IS NULL)",
}
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


async def list_cases(
    db: Connection, wanted: CaseFilter, before: UUID, limit: int, now: datetime
) -> tuple[list[tuple[Case, datetime | None]], bool]:
    """Return the newest cases with a lower id than ``before``, and whether there are more.

    Each comes with the moment at which it becomes overdue.
    """
    values, conditions = [before, limit + 1], ""
    for name, given in _values(wanted, now).items():
        numbers = range(len(values) + 1, len(values) + len(given) + 1)
        conditions += " AND " + _CONDITIONS[name].format(*(f"${n}" for n in numbers))
        values += given
    await db.execute(_PLAN_BY_VALUES_SQL)
    found = await db.fetch(_PAGE_SQL.format(conditions), *values)
    shown = found[:limit]
    cases = await cases_with_orders(db, shown)
    listed = [(case, row["overdue_at"]) for case, row in zip(cases, shown, strict=True)]
    return listed, len(found) > limit


def _values(wanted: CaseFilter, now: datetime) -> Mapping[str, Sequence[object]]:
    given: dict[str, object] = wanted.model_dump(
        include={"status", "priority", "bureau", "kind", "district", "surge"}, exclude_none=True
    )
    values: dict[str, Sequence[object]] = {name: (value,) for name, value in given.items()}
    if wanted.q:
        values["q"] = (search_query(wanted.q),)
    if wanted.bbox:
        values["bbox"] = wanted.bbox
    if wanted.overdue:
        values["overdue" if wanted.overdue == "true" else "in_time"] = (now,)
    return values


def search_query(text: str) -> str:
    """Return PostgreSQL's text search query for the beginnings of all words of a text.

    A tracking number is one word, as in the index; all numbers of a year begin alike.
    """
    words = _WORD.findall(text)
    if _TRACKING_NUMBER.fullmatch(text.strip()):
        words = ["".join(words)]
    return " & ".join(f"'{word}':*" for word in words)
