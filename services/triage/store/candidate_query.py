"""The one query for the candidates of a batch, which asks about each place once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import floor
from typing import Any, TypeAlias

from services.triage.rules.dedup.case_index import CandidateQuery
from services.triage.rules.dedup.grid import ROW_DEGREES, Box

# Of a crowded place the newest are enough: what is older than a window is linked at most. LIMIT
# also makes each search an index scan of its own, whatever the planner thinks of the arrays.
_OF_USE = """opened_at <= wanted.until
              AND (opened_at >= wanted.since OR closed_at IS NULL OR merged_into IS NOT NULL)
            ORDER BY opened_at DESC
            LIMIT 100) AS found
"""
_COLUMNS = """case_id, dedup_key, service_code, request_id, opened_at, latitude, longitude,
                  address_key, reporter_ref, off_m, words, asset, is_placed, closed_at,
                  merged_into, split_from"""
_BY_PLACE = f"""
    SELECT found.*
      FROM unnest($1::text[], $2::float8[], $3::float8[], $4::float8[], $5::float8[],
                  $6::float8[], $7::float8[], $8::timestamptz[], $9::timestamptz[])
           AS wanted (key, south, west, north, east, rim, edge, since, until)
     CROSS JOIN generate_series(floor(south / {ROW_DEGREES})::bigint,
                                floor(north / {ROW_DEGREES})::bigint) AS row
     CROSS JOIN LATERAL (
           SELECT {_COLUMNS}
             FROM cases
            WHERE hashtextextended(dedup_key, floor(latitude / {ROW_DEGREES})::bigint)
                  = hashtextextended(wanted.key, row)
              AND longitude BETWEEN west AND east
              AND latitude BETWEEN south AND north
              AND is_placed
              AND power((2 * latitude - south - north) / (north - south), 2)
                  + power((2 * longitude - west - east) / (east - west), 2) <= rim
              AND (opened_at >= since OR longitude BETWEEN west + edge AND east - edge
                                         AND latitude BETWEEN south + edge AND north - edge)
              AND dedup_key = wanted.key
              AND {_OF_USE}"""  # noqa: S608 - put together from the constants above


def _by(column: str, first: int) -> str:
    """Return the branch that compares a column, with its parameters from ``first`` on."""
    return f"""
    SELECT found.*
      FROM unnest(${first}::text[], ${first + 1}::text[], ${first + 2}::timestamptz[],
                  ${first + 3}::timestamptz[]) AS wanted (key, name, since, until)
     CROSS JOIN LATERAL (
           SELECT {_COLUMNS}
             FROM cases
            WHERE dedup_key = wanted.key AND {column} = wanted.name
              AND {_OF_USE}"""  # noqa: S608 - put together from constants


CANDIDATES_SQL = "UNION ALL".join([_BY_PLACE, _by("address_key", 10), _by("reporter_ref", 14)])
_TOGETHER_DEGREES = 0.0005  # places as near as this are asked about as one

_Span: TypeAlias = tuple[datetime, datetime]
_Wanted: TypeAlias = dict[tuple[str, str], _Span]
_Places: TypeAlias = dict[tuple[str, float, int, int], tuple[Box, _Span]]


def query_columns(searches: Iterable[CandidateQuery]) -> list[list[Any]]:
    """Return the columns that the query takes: what is wanted by place, address and reporter.

    By place they are key, the box with its rim, its edge, since, until; by address and by reporter
    key, value, since, until. Searches for the same thing become one that spans the times of all.
    """
    places: _Places = {}
    by_address: _Wanted = {}
    by_reporter: _Wanted = {}
    for search in searches:
        for box in search.boxes:
            _want_place(places, box, search)
        if search.address is not None:
            _want(by_address, (search.key, search.address), search)
        if search.reporter is not None:
            _want(by_reporter, (search.key, search.reporter), search)
    by_place = [(key, *box, edge, *span) for (key, edge, _, _), (box, span) in places.items()]
    return [*_columns(by_place, 9), *_named(by_address), *_named(by_reporter)]


def _want_place(places: _Places, box: Box, search: CandidateQuery) -> None:
    corner = floor(box.south / _TOGETHER_DEGREES), floor(box.west / _TOGETHER_DEGREES)
    what, span = (search.key, search.edge, *corner), (search.since, search.until)
    if known := places.get(what):
        box, span = box.union(known[0]), _both(span, known[1])
    places[what] = box, span


def _want(wanted: _Wanted, what: tuple[str, str], search: CandidateQuery) -> None:
    span = search.since, search.until
    wanted[what] = _both(span, wanted.get(what, span))


def _both(one: _Span, other: _Span) -> _Span:
    return min(one[0], other[0]), max(one[1], other[1])


def _named(wanted: Mapping[tuple[str, str], _Span]) -> list[list[Any]]:
    return _columns([(*what, *span) for what, span in wanted.items()], 4)


def _columns(rows: list[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * count
