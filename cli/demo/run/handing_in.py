"""Getting the day's reports to the router, as fast as the play wants it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp

from cli.demo.run.facts import Facts
from cli.demo.run.lessons import accept, reject
from cli.demo.scenario import Day, Garbage, Report
from shared.contract.events import Acceptance, FieldError, Rejection, encode
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.errors import Route311Error
from shared.runtime.kafka import KafkaSink
from shared.runtime.outbox.records import Outgoing, event_headers

CHUNKS_PER_S = 4
_PATH = "/v1/submissions"
_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class RefusedByIntakeError(Route311Error):
    """Intake answered what it never should, such as that it does not know the demo's key."""

    code = "refused_by_intake"


@dataclass(slots=True)
class Clock:
    """How far the day is.

    Attributes:
        now: The moment of the day that is being played.
        handed_in: How many deliveries the router got by now.
    """

    now: datetime
    handed_in: int = 0


class Door(Protocol):
    """Where reports go in."""

    async def hand_in(self, deliveries: Sequence[Report | Garbage]) -> None:
        """Return when the router has them all."""
        ...


class Ways:
    """The two ways in: the adapters' topic, and HTTP with the demo's key."""

    def __init__(self, sink: KafkaSink, session: aiohttp.ClientSession, facts: Facts) -> None:
        self._sink = sink
        self._session = session
        self._facts = facts

    async def hand_in(self, deliveries: Sequence[Report | Garbage]) -> None:
        """Return when the broker has what goes by Kafka, and intake has answered the rest."""
        posted = [d for d in deliveries if isinstance(d, Report) and d.over_http]
        records = [_record(d) for d in deliveries if isinstance(d, Garbage) or not d.over_http]
        await self._sink.publish(records)
        await asyncio.gather(*(self._post(report) for report in posted))

    async def _post(self, report: Report) -> None:
        status, body = await self._ask(report)
        if status == HTTPStatus.CREATED:
            accept(self._facts, Acceptance.model_validate(body))
        elif status in _REFUSED:
            reject(self._facts, report.id, _rejection(report, body))
        else:
            raise RefusedByIntakeError(f"intake answered a submission with HTTP {status}")

    async def _ask(self, report: Report) -> tuple[int, Any]:
        headers = {"Idempotency-Key": report.id}
        while True:
            async with self._session.post(_PATH, json=report.data, headers=headers) as response:
                if response.status not in _LATER:
                    return response.status, await response.json(content_type=None)
                pause_s = float(response.headers.get("Retry-After", 1))
            await asyncio.sleep(pause_s)


async def hand_in(day: Day, door: Door, clock: Clock, seconds: float) -> None:
    """Hand in the whole day: what came while it ran within so many seconds, the backlog at once."""
    live = len(day.deliveries) - day.at_once
    chunks = max(1, round(seconds * CHUNKS_PER_S))
    clock_s = asyncio.get_running_loop().time
    began = clock_s()
    for number in range(chunks):
        first, end = live * number // chunks, live * (number + 1) // chunks
        await _pass(day.deliveries[first:end], door, clock)
        await asyncio.sleep(began + (number + 1) / CHUNKS_PER_S - clock_s())
    await _pass(day.deliveries[live:], door, clock)


async def _pass(deliveries: Sequence[Report | Garbage], door: Door, clock: Clock) -> None:
    await door.hand_in(deliveries)
    clock.handed_in += len(deliveries)
    clock.now = deliveries[-1].handed_in_at


def _record(delivery: Report | Garbage) -> Outgoing:
    value = delivery.value if isinstance(delivery, Garbage) else encode(delivery.event())
    source = delivery.source.encode()
    return Outgoing("", CHANNEL_SUBMISSIONS.name, source, value, event_headers())


def _rejection(report: Report, problem: dict[str, Any]) -> Rejection:
    errors = tuple(FieldError.model_validate(fault) for fault in problem.get("errors", ()))
    return Rejection(submission_id=report.id, submission_source=report.source, errors=errors)
