"""The searches of a batch as the columns of one query that asks about each place once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from services.triage.rules.dedup.known_cases import Search

_Wanted: TypeAlias = dict[tuple[Any, ...], tuple[datetime, datetime]]


def probes(searches: Iterable[Search]) -> list[list[Any]]:
    """Return the columns of what is wanted, by place, by address and by reporter.

    By place they are key, first cell, last cell, since, until; by address and by reporter key,
    value, since, until. Searches for the same thing become one that spans the times of all.
    """
    by_place: _Wanted = {}
    by_address: _Wanted = {}
    by_reporter: _Wanted = {}
    for search in searches:
        for first, last in search.cells:
            _want(by_place, (search.key, first, last), search)
        if search.address is not None:
            _want(by_address, (search.key, search.address), search)
        if search.reporter is not None:
            _want(by_reporter, (search.key, search.reporter), search)
    return [*_columns(by_place, 5), *_columns(by_address, 4), *_columns(by_reporter, 4)]


def _want(wanted: _Wanted, what: tuple[Any, ...], search: Search) -> None:
    since, until = wanted.get(what, (search.since, search.until))
    wanted[what] = min(since, search.since), max(until, search.until)


def _columns(wanted: Mapping[tuple[Any, ...], tuple[datetime, datetime]], count: int) -> list[Any]:
    rows = [(*what, *span) for what, span in wanted.items()]
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * count
