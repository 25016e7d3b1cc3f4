"""What the trials of a run showed, as a table and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Verdict:
    """One trial.

    Attributes:
        seen: By what the fault showed; empty when it did not, which makes the trial void.
        server_errors: Answers over HTTP with a status of 500 or more.
        reasons: What they said, and how often.
        slowest_call_s: The longest that a caller over HTTP waited, in seconds.
        recovery_s: From the end of the fault to the first new report at its bureau, in seconds.
        broken: Each invariant that does not hold, with the ids at fault.
        mails_twice: Messages that people got more than once.
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
        """The verdict in a word."""
        if self.broken or self.mails_twice:
            return "broken"
        return "holds" if self.seen else "void"

    @property
    def callers_noticed(self) -> bool:
        """Whether more callers were turned away than a machine short of time explains."""
        return self.server_errors > self.handed_in / 200


REPORT = Path("fault-report.json")
"""The verdicts of the run so far, for programs."""

_VERDICTS: list[Verdict] = []


def assert_survived(verdict: Verdict) -> Verdict:
    """Keep the verdict; fail when an invariant is broken, or when the fault did not bite."""
    _VERDICTS.append(verdict)
    _write(REPORT)
    assert not verdict.broken, verdict.broken
    assert not verdict.mails_twice
    assert verdict.seen, "the fault did not show: the trial is void"
    return verdict


def print_table(console: Console) -> None:
    """Print the table of the run."""
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
