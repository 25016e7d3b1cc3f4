"""What the city's people know of what they handed in."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["accepted", "rejected", "indeterminate", "shed"]


@dataclass(slots=True)
class History:
    """The clients' side of a run.

    Attributes:
        outcomes: By source and id, what the client was told last.
        poison: The digest of each bad record that was written.
        statuses: How many answers over HTTP had which status; 0 stands for a broken connection.
        reasons: How many of the answers with an error gave which detail.
        slowest_s: The longest that one call over HTTP took.
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
        """Note what became of a submission; an acceptance stands."""
        if self.outcomes.get((source, id), ("", None))[0] != "accepted":
            self.outcomes[source, id] = outcome, request_id

    def record_response(self, status: int, took_s: float) -> None:
        """Note an answer over HTTP."""
        self.statuses[status] += 1
        self.slowest_s = max(self.slowest_s, took_s)

    @property
    def accepted(self) -> int:
        """How many submissions a client knows to be accepted."""
        return sum(outcome == "accepted" for outcome, _ in self.outcomes.values())

    @property
    def errors(self) -> int:
        """How many answers over HTTP had a status of 500 or more."""
        return sum(count for status, count in self.statuses.items() if status >= 500)

    def lines(self) -> Iterable[dict[str, str | None]]:
        """Yield what ``route311 check --history`` reads."""
        for (source, name), (outcome, request_id) in self.outcomes.items():
            yield {"source": source, "id": name, "outcome": outcome, "request_id": request_id}
        for digest in sorted(self.poison):
            yield {"outcome": "poison", "topic": "channel-submissions", "sha256": digest}


def write_histories(histories: Iterable[History], file: Path) -> Path:
    """Write what clients know as JSON Lines."""
    lines = (line for history in histories for line in history.lines())
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return file
