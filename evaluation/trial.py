"""One set of rules tried on a file of past requests."""

import shutil
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypeAlias
from zoneinfo import ZoneInfo

from evaluation.backtest import BacktestDecision, backtest
from evaluation.exports import RequestHistory, city_of, read_requests
from services.triage.policy import TriagePolicy
from shared.catalogue import PACKAGE_DATA, load_catalogue
from shared.catalogue.evidence_file import EVIDENCE

ProgressTracker: TypeAlias = Callable[[Iterable[BacktestDecision], int], Iterator[BacktestDecision]]
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
class BacktestRun:
    """All decisions in order, and those that are counted."""

    rules_version: str
    judged: list[BacktestDecision]
    counted: list[BacktestDecision]


def run_backtest(selection: Selection, catalogue_root: Path, track: ProgressTracker) -> BacktestRun:
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
    return BacktestRun(rulebook.version, judged, counted)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time; None where it has no bound.

    Attributes:
        since: Included.
        until: Not included.
    """

    since: datetime | None
    until: datetime | None

    @classmethod
    def of(
        cls,
        past: RequestHistory,
        since: datetime | None = None,
        until: datetime | None = None,
        after: timedelta | None = None,
    ) -> Self:
        """Return the period between two moments; those without a zone are the city's own.

        Args:
            past: In the order of times.
            since: Included.
            until: Not included.
            after: As long after the first request it begins, if that is later than ``since``.
        """
        zone = ZoneInfo(past.city.timezone)
        starts = [since if since.tzinfo else since.replace(tzinfo=zone)] if since else []
        if after is not None and past.rows:
            starts.append(past.rows[0].reported_at + after)
        ends = until.replace(tzinfo=zone) if until and not until.tzinfo else until
        return cls(max(starts, default=None), ends)

    def __contains__(self, time: datetime) -> bool:
        """Say whether a moment lies in the period."""
        return (self.since is None or time >= self.since) and (
            self.until is None or time < self.until
        )


_NOT_DATA = shutil.ignore_patterns("*.py", "__pycache__")


@contextmanager
def rules_with(text: str, city_id: str, root: Path = PACKAGE_DATA) -> Generator[Path]:
    """Make a copy of a catalogue with this text as the city's ``evidence.yaml``."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "catalogue"
        shutil.copytree(root, copy, ignore=_NOT_DATA)
        (copy / city_id / EVIDENCE).write_text(text, encoding="utf-8")
        yield copy


@contextmanager
def rules_at(rules: Path, requests: Path, city_id: str | None) -> Generator[Path]:
    """Return the root of the catalogue that is meant: a folder, or ours with this file in place.

    Args:
        rules: A catalogue's folder, or an ``evidence.yaml`` by whatever name.
        requests: Says whose the file is, where nobody does.
        city_id: Whose it is.
    """
    if rules.is_dir():
        yield rules
    else:
        text = rules.read_text(encoding="utf-8")
        with rules_with(text, city_of(requests, city_id)) as root:
            yield root
