"""Running the generator, and what its answers say."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.overload.connection import Answer


@dataclass(frozen=True, slots=True)
class Measured:
    """What clients saw under one load.

    Attributes:
        unsent: Requests that found no free connection when they were due.
        unanswered: Requests without an answer 5 s after the last was sent.
    """

    prefix: str
    seconds: float
    answers: Sequence[Answer]
    unsent: int
    unanswered: int

    @property
    def accepted(self) -> list[Answer]:
        """Those that were taken."""
        return [answer for answer in self.answers if answer.status == 201]

    @property
    def shed(self) -> list[Answer]:
        """Those that were turned away."""
        return [answer for answer in self.answers if answer.status == 503]

    @property
    def goodput(self) -> float:
        """Accepted requests a second."""
        return len(self.accepted) / self.seconds

    def said(self) -> str:
        """What a person wants to know of it."""
        rate = len(self.answers) / self.seconds
        return (
            f"{rate:.0f} answers/s, {self.goodput:.0f} accepted/s "
            f"(p99 {p99_s(self.accepted) * 1e3:.0f} ms), {len(self.shed)} shed "
            f"(p99 {p99_s(self.shed) * 1e3:.1f} ms), {self.unsent} unsent"
        )


def p99_s(answers: Sequence[Answer]) -> float:
    """Return how long 99 of 100 clients waited at most; 0 when there was none."""
    took = sorted(answer.took_s for answer in answers)
    return took[int(len(took) * 0.99)] if took else 0.0


async def load(  # noqa: PLR0913 - a load has these measures
    port: int, key: str, prefix: str, *, seconds: float, connections: int, rate: float = 0
) -> Measured:
    """Put a load on the service from another process; without a rate as much as it takes."""
    options = {
        "port": port,
        "key": key,
        "prefix": prefix,
        "seconds": seconds,
        "connections": connections,
        "rate": rate,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.overload.generator",
        *(part for name, value in options.items() for part in (f"--{name}", str(value))),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    found = json.loads(output)
    answers = [Answer(*answer) for answer in found["answers"]]
    return Measured(prefix, seconds, answers, found["unsent"], found["unanswered"])
