"""Results of the trials of a run, as a table and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one trial.

    Attributes:
        scenario: The scenario's id.
        fault: The injected fault.
        seed: The seed of the run.
        seen: Evidence that the fault took effect; without it the trial is void.
        handed_in: Number of submissions, repeats included.
        accepted: Number of accepted submissions.
        server_errors: Number of HTTP responses with a status of 500 or more.
        reasons: Number of HTTP errors by detail.
        slowest_call_s: Duration of the slowest HTTP call, in seconds.
        recovery_s: Seconds from the end of the fault to the first new report at its bureau.
        broken: Violated invariants, with the ids concerned.
        mails_twice: Number of messages delivered again.
    """

    scenario: str
    fault: str
    seed: int
    seen: str
    handed_in: int
    accepted: int
    server_errors: int
    reasons: Mapping[str, int]
    slowest_call_s: float
    recovery_s: float
    broken: Sequence[str]
    mails_twice: int

    @property
    def word(self) -> str:
        """``holds``, ``broken`` or ``void``."""
        if self.broken or self.mails_twice:
            return "broken"
        return "holds" if self.seen else "void"

    @property
    def callers_noticed(self) -> bool:
        """True when more calls failed than an overloaded test machine explains."""
        return self.server_errors > self.handed_in / 200


REPORT = Path("fault-report.json")
"""File with the verdicts of the run so far, for programs."""

_VERDICTS: list[Verdict] = []


def assert_survived(verdict: Verdict) -> Verdict:
    """Record the verdict; fail when an invariant is violated or the trial is void."""
    _VERDICTS.append(verdict)
    _write(REPORT)
    assert not verdict.broken, verdict.broken
    assert not verdict.mails_twice
    assert verdict.seen, "the fault did not show: the trial is void"
    return verdict


def print_table(console: Console) -> None:
    """Print the verdicts of the run."""
    if not _VERDICTS:
        return
    table = Table(title=f"Faults, seed {_VERDICTS[0].seed}", title_justify="left")
    for heading in ("", "fault", "seen by", "handed in", "5xx", "broken", "back after", "verdict"):
        table.add_column(heading)
    for verdict in _VERDICTS:
        table.add_row(
            verdict.scenario,
            verdict.fault,
            verdict.seen or "nothing",
            f"{verdict.handed_in:,}",
            f"{verdict.server_errors:,}",
            f"{len(verdict.broken) + verdict.mails_twice}",
            f"{verdict.recovery_s:.1f} s",
            verdict.word,
        )
    console.print(table)


def _write(file: Path) -> None:
    lines = [asdict(verdict) | {"verdict": verdict.word} for verdict in _VERDICTS]
    file.write_text(json.dumps(lines, indent=2) + "\n")
