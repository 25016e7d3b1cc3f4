"""No arithmetic on the desk's tables beside those of requests gives a small cell back."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from services.insight.rules.desk import ContactFact, desk_rows
from services.insight.rules.reports import RequestFact
from services.insight.rules.tables import Cell, Row, cell_of, table
from tests.unit.insight.rules.test_desk import REQUEST

DESK = ("phone", "walk_in")
CHANNELS, LANGUAGES = (*DESK, "web"), ("en", "es", "so", "vi")
DAYS = (1, 2, 3)  # of the week, from the day of REQUEST on
OF_DESK = ((), ("channel",), ("language",), ("weekday",), ("channel", "language"))
OF_REQUESTS = (*OF_DESK, ("channel", "weekday"), ("language", "weekday"))
# What an attacker looks for: the number of requests, and of other contacts, in each of these.
UNKNOWNS = tuple(product(CHANNELS, LANGUAGES, DAYS, (RequestFact, ContactFact)))


class Sum(NamedTuple):
    """The unknowns that a figure is the sum of, and its value; None where it is hidden."""

    of: tuple[float, ...]
    value: int | None
    true_value: int


def draw(rng: random.Random) -> tuple[list[RequestFact], list[ContactFact]]:
    """Requests and contacts, most of them in few cells."""
    places = tuple(product(CHANNELS, LANGUAGES, DAYS))
    weights = [rng.random() ** 6 for _ in places]

    def cells(count: int) -> Iterator[tuple[str, str, datetime]]:
        for channel, language, day in rng.choices(places, weights, k=count):
            yield channel, language, REQUEST.at + timedelta(days=day - 1)

    requests = [
        replace(REQUEST, channel=channel, language=language, at=at)
        for channel, language, at in cells(rng.randint(20, 300))
    ]
    contacts = [
        ContactFact(channel, language, at, "answered", 1)
        for channel, language, at in cells(rng.randint(1, 80))
        if channel in DESK
    ]
    return requests, contacts


def sums(
    by: Sequence[str],
    rows: Sequence[Row],
    facts: Sequence[RequestFact | ContactFact],
    channels: Sequence[str],
) -> Iterator[Sum]:
    """Yield the figures of a table, hidden ones too."""
    shown = {row.cell: row.n for row in rows}
    classes = {type(one) for one in facts}
    for cell in product(*({cell_of(one, [name])[0] for one in facts} for name in by)):
        count = sum(one.channel in channels and cell_of(one, by) == cell for one in facts)
        if count:
            yield Sum(tuple(_coefficients(by, cell, channels, classes)), shown[cell], count)


def _coefficients(
    by: Sequence[str], cell: Cell, channels: Sequence[str], classes: set[type]
) -> Iterator[float]:
    wanted = dict(zip(by, cell, strict=True))
    for channel, language, day, of in UNKNOWNS:
        own = {"channel": channel, "language": language, "weekday": day}
        yield float(channel in channels and of in classes and wanted.items() <= own.items())


@pytest.mark.parametrize("seed", range(60))
def test_no_small_cell_can_be_had_from_the_desk_beside_the_tables_of_requests(seed: int) -> None:
    requests, contacts = draw(random.Random(seed))
    figures = [
        figure
        for by in OF_REQUESTS
        for figure in sums(by, table(requests, by, lambda *_: {}), requests, CHANNELS)
    ]
    for by in OF_DESK:
        rows = desk_rows(requests, contacts, by)
        figures += sums(by, rows, [*requests, *contacts], DESK)
        others = [Row(row.cell, row.figures["without_request"], {}) for row in rows]
        figures += sums(by, others, contacts, DESK)

    published = [figure for figure in figures if figure.value is not None]
    known = np.array([one.of for one in published]).reshape(-1, len(UNKNOWNS))
    hidden = [np.array(one.of) for one in figures if one.value is None and one.true_value < 11]
    for small in hidden:
        found = np.linalg.lstsq(known.T, small, rcond=None)[0]
        assert not np.allclose(known.T @ found, small)
    assert all(one.value == one.true_value for one in published)
