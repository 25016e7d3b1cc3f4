"""One set of rules tried on a file of past requests."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from evaluation.backtest import BacktestDecision, backtest
from evaluation.period import Period
from evaluation.rows import read_requests
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue

Track: TypeAlias = Callable[[Iterable[BacktestDecision], int], Iterator[BacktestDecision]]
"""Shows how far it is: takes what comes and how many there will be."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which requests are decided, and which of them are counted.

    Attributes:
        city_id: Whose they are; None where the columns say.
        since: Counted from then on.
        until: Counted before then.
        after: Counted from as long after the first.
    """

    requests: Path
    city_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """All decisions in order, and those that are counted."""

    rules_version: str
    judged: list[BacktestDecision]
    counted: list[BacktestDecision]


def try_rules(selection: Selection, catalogue_root: Path, track: Track) -> Trial:
    """Decide past requests by the rules of a catalogue.

    Raises:
        CatalogueError: Something is wrong with the catalogue.
        UnreadableRowsError: Something is wrong with the requests.
    """
    catalogue = load_catalogue(catalogue_root)
    past = read_requests(selection.requests, catalogue, selection.city_id)
    period = Period.of(past, selection.since, selection.until, selection.after)
    rulebook = TriagePolicy(catalogue)
    judged = list(track(backtest(past, rulebook), len(past.rows)))
    counted = [one for one in judged if one.row.reported_at in period]
    return Trial(rulebook.version, judged, counted)
