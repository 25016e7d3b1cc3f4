"""Runs a back-test of one set of rules on a selection of past requests."""

import shutil
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypeAlias
from zoneinfo import ZoneInfo

from services.triage.policy import TriagePolicy
from shared.catalogue import PACKAGE_DATA, Jurisdiction, load_catalogue
from shared.catalogue.evidence_file import EVIDENCE
from workbench.evaluation.backtest import BacktestDecision, backtest
from workbench.evaluation.exports import RequestHistory, city_of, read_requests

_NOT_DATA = shutil.ignore_patterns("*.py", "__pycache__")

ProgressTracker: TypeAlias = Callable[[Iterable[BacktestDecision], int], Iterator[BacktestDecision]]
"""Passes decisions on and shows progress; takes them and their total number."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The requests to decide, and those of them to count.

    Attributes:
        requests: The export; all its requests are decided.
        city_id: Its city; None for the publisher of such columns.
        since: Start of the counted period, inclusive; None for no bound.
        until: End of the counted period, exclusive; None for no bound.
        after: Least time between the first request and the counted period.
    """

    requests: Path
    city_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A period from ``since``, inclusive, to ``until``, exclusive; None is no bound."""

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
        """Return the period between two moments; moments without an offset are local.

        Args:
            past: The history, which gives the city and the first request.
            since: Start, inclusive.
            until: End, exclusive.
            after: Least time between the first request and the start.
        """
        zone = ZoneInfo(past.city.timezone)
        starts = [since if since.tzinfo else since.replace(tzinfo=zone)] if since else []
        if after is not None and past.rows:
            starts.append(past.rows[0].reported_at + after)
        end = until.replace(tzinfo=zone) if until and not until.tzinfo else until
        return cls(max(starts, default=None), end)

    def __contains__(self, moment: datetime) -> bool:
        """Return True when a moment lies in the period."""
        return (self.since is None or moment >= self.since) and (
            self.until is None or moment < self.until
        )


@dataclass(frozen=True, slots=True)
class BacktestRun:
    """The decisions of a back-test.

    Attributes:
        decisions: All decisions in order.
        counted: The decisions of the counted period.
    """

    rules_version: str
    city: Jurisdiction
    decisions: list[BacktestDecision]
    counted: list[BacktestDecision]


def run_backtest(selection: Selection, catalogue_root: Path, track: ProgressTracker) -> BacktestRun:
    """Decide past requests by the rules of a catalogue.

    Raises:
        CatalogueError: The catalogue is invalid.
        UnreadableRowsError: The requests cannot be read.
    """
    catalogue = load_catalogue(catalogue_root)
    past = read_requests(selection.requests, catalogue, selection.city_id)
    period = Period.of(past, selection.since, selection.until, selection.after)
    policy = TriagePolicy(catalogue)
    decisions = list(track(backtest(past, policy), len(past.rows)))
    counted = [one for one in decisions if one.row.reported_at in period]
    return BacktestRun(policy.version, past.city, decisions, counted)


@contextmanager
def rules_with(text: str, city_id: str, root: Path = PACKAGE_DATA) -> Generator[Path]:
    """Copy a catalogue with a text as a city's ``evidence.yaml``; the copy is temporary."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "catalogue"
        shutil.copytree(root, copy, ignore=_NOT_DATA)
        (copy / city_id / EVIDENCE).write_text(text, encoding="utf-8")
        yield copy


@contextmanager
def rules_at(rules: Path, requests: Path, city_id: str | None) -> Generator[Path]:
    """Return the root of a catalogue: a folder, or a copy of ours with another evidence file.

    Args:
        rules: A catalogue's folder, or an ``evidence.yaml`` by any name.
        requests: The export, which gives the city of the evidence file where ``city_id`` is None.
    """
    if rules.is_dir():
        yield rules
    else:
        text = rules.read_text(encoding="utf-8")
        with rules_with(text, city_of(requests, city_id)) as root:
            yield root
