"""The clients' view of a run: submissions and their outcomes."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["accepted", "rejected", "indeterminate", "shed"]


@dataclass(slots=True)
class History:
    """The outcomes that the clients of a run observed.

    Attributes:
        outcomes: The latest outcome and request id, by source and id of the submission.
        poison: SHA-256 of each poison record that was written.
        statuses: Number of HTTP responses by status; 0 stands for a broken connection.
        reasons: Number of HTTP errors by detail.
        slowest_s: Duration of the slowest HTTP call, in seconds.
        submitted: Number of submissions, repeats included.
    """

    outcomes: dict[tuple[str, str], tuple[Outcome, str | None]] = field(default_factory=dict)
    poison: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    submitted: int = 0

    def record_outcome(
        self, source: str, id: str, outcome: Outcome, request_id: str | None = None
    ) -> None:
        """Record the outcome of a submission; an acceptance is final."""
        if self.outcomes.get((source, id), ("", None))[0] != "accepted":
            self.outcomes[source, id] = outcome, request_id

    def record_response(self, status: int, took_s: float) -> None:
        """Record an HTTP response."""
        self.statuses[status] += 1
        self.slowest_s = max(self.slowest_s, took_s)

    @property
    def accepted(self) -> int:
        """Number of submissions that a client knows to be accepted."""
        return sum(outcome == "accepted" for outcome, _ in self.outcomes.values())

    @property
    def errors(self) -> int:
        """Number of HTTP responses with a status of 500 or more."""
        return sum(count for status, count in self.statuses.items() if status >= 500)

    def lines(self) -> Iterable[dict[str, str | None]]:
        """Yield the lines that ``route311 check --history`` reads."""
        for (source, name), (outcome, request_id) in self.outcomes.items():
            yield {"source": source, "id": name, "outcome": outcome, "request_id": request_id}
        for digest in sorted(self.poison):
            yield {"outcome": "poison", "topic": "channel-submissions", "sha256": digest}


def write_histories(histories: Iterable[History], file: Path) -> Path:
    """Write the histories as JSON Lines; return the file."""
    lines = (line for history in histories for line in history.lines())
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return file
