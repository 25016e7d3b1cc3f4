"""One SQL query for the candidates of a whole batch; queries for one place are merged."""

from collections.abc import Iterable
from datetime import datetime
from math import floor
from typing import Any, TypeAlias

from services.triage.rules.dedup.case_index import ROW_DEGREES, Box, CandidateQuery

# At a crowded place the newest cases are enough: an older one is a recurrence at most. LIMIT also
# makes each search an index scan of its own, whatever the planner estimates for the arrays.
_IN_TIME = """opened_at <= wanted.until
              AND (opened_at >= wanted.since OR closed_at IS NULL OR merged_into IS NOT NULL)
            ORDER BY opened_at DESC
            LIMIT 100) AS found
"""
_COLUMNS = """case_id, dedup_key, service_code, request_id, opened_at, latitude, longitude,
                  address_key, reporter_ref, position_error_m, words, asset, is_placed,
                  kind_words, likely_kinds, dangers, closed_at, merged_into, split_from"""
_BY_PLACE_SQL = f"""
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
              AND {_IN_TIME}"""  # noqa: S608 - made of the constants above


def _by_column_sql(column: str, first: int) -> str:
    """Return the branch that compares a column; its parameters are numbered from ``first``."""
    return f"""
    SELECT found.*
      FROM unnest(${first}::text[], ${first + 1}::text[], ${first + 2}::timestamptz[],
                  ${first + 3}::timestamptz[]) AS wanted (key, name, since, until)
     CROSS JOIN LATERAL (
           SELECT {_COLUMNS}
             FROM cases
            WHERE dedup_key = wanted.key AND {column} = wanted.name
              AND {_IN_TIME}"""  # noqa: S608 - made of constants


CANDIDATES_SQL = "UNION ALL".join(
    [_BY_PLACE_SQL, _by_column_sql("address_key", 10), _by_column_sql("reporter_ref", 14)]
)
_MERGED_DEGREES = 0.0005  # boxes whose corners are as near as this become one

_Interval: TypeAlias = tuple[datetime, datetime]
_ByValue: TypeAlias = dict[tuple[str, str], _Interval]
_ByPlace: TypeAlias = dict[tuple[str, float, int, int], tuple[Box, _Interval]]


def query_columns(queries: Iterable[CandidateQuery]) -> list[list[Any]]:
    """Return the parameters of ``CANDIDATES_SQL``: columns by place, address and reporter.

    By place they are key, box with its rim, edge, since, until; by address and by reporter they
    are key, value, since, until. Equal queries are merged into one over the whole interval.
    """
    places: _ByPlace = {}
    addresses: _ByValue = {}
    reporters: _ByValue = {}
    for query in queries:
        for box in query.boxes:
            _add_place(places, box, query)
        if query.address is not None:
            _add_value(addresses, query.address, query)
        if query.reporter is not None:
            _add_value(reporters, query.reporter, query)
    by_place = [
        (key, *box, edge, *interval) for (key, edge, _, _), (box, interval) in places.items()
    ]
    by_value = ([(*at, *interval) for at, interval in of.items()] for of in (addresses, reporters))
    return [*_columns(by_place, 9), *(column for rows in by_value for column in _columns(rows, 4))]


def _add_place(places: _ByPlace, box: Box, query: CandidateQuery) -> None:
    corner = floor(box.south / _MERGED_DEGREES), floor(box.west / _MERGED_DEGREES)
    place, interval = (query.key, query.edge, *corner), (query.since, query.until)
    if earlier := places.get(place):
        box, interval = box.union(earlier[0]), _union(interval, earlier[1])
    places[place] = box, interval


def _add_value(values: _ByValue, value: str, query: CandidateQuery) -> None:
    interval = query.since, query.until
    wanted = query.key, value
    values[wanted] = _union(interval, values.get(wanted, interval))


def _union(one: _Interval, other: _Interval) -> _Interval:
    return min(one[0], other[0]), max(one[1], other[1])


def _columns(rows: list[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * count
