"""Run the load generator, and summarize its responses."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.bench.http_connection import Response


@dataclass(frozen=True, slots=True)
class Measured:
    """The responses under one load.

    Attributes:
        prefix: Prefix of the idempotency keys.
        seconds: Duration of the load.
        responses: The responses.
        unsent: Number of requests that found no free connection when they were due.
        unanswered: Number of requests without a response 5 s after the last was sent.
    """

    prefix: str
    seconds: float
    responses: Sequence[Response]
    unsent: int
    unanswered: int

    @property
    def accepted(self) -> list[Response]:
        """Responses of accepted submissions."""
        return [response for response in self.responses if response.status == 201]

    @property
    def shed(self) -> list[Response]:
        """Rejections by load shedding."""
        return [response for response in self.responses if response.status == 503]

    @property
    def goodput(self) -> float:
        """Accepted submissions per second."""
        return len(self.accepted) / self.seconds

    def summary(self) -> str:
        """Return the figures, for display."""
        rate = len(self.responses) / self.seconds
        return (
            f"{rate:.0f} responses/s, {self.goodput:.0f} accepted/s "
            f"(p99 {p99_s(self.accepted) * 1e3:.0f} ms), {len(self.shed)} shed "
            f"(p99 {p99_s(self.shed) * 1e3:.1f} ms), {self.unsent} unsent"
        )


def p99_s(responses: Sequence[Response]) -> float:
    """Return the 99th percentile of the durations, in seconds; 0 without responses."""
    took = sorted(response.took_s for response in responses)
    return took[int(len(took) * 0.99)] if took else 0.0


async def load(  # noqa: PLR0913 - a load has these measures
    port: int,
    key: str,
    prefix: str,
    *,
    seconds: float,
    connections: int,
    rate: float = 0,
    **request: str,
) -> Measured:
    """Put load on the service from another process; without a rate as much as it accepts.

    Args:
        port: The service's port.
        key: The adapter's key.
        prefix: Prefix of the idempotency keys.
        seconds: Duration of the load.
        connections: How many connections carry it.
        rate: Requests per second.
        **request: ``path``, ``content_type`` and ``body`` of another request than a submission.
    """
    options = {
        "port": port,
        "key": key,
        "prefix": prefix,
        "seconds": seconds,
        "connections": connections,
        "rate": rate,
        **request,
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
    responses = [Response(*values) for values in found["responses"]]
    return Measured(prefix, seconds, responses, found["unsent"], found["unanswered"])
