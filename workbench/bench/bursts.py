"""Bursts of submissions, urgent ones among them: on Kafka, in bulk calls, and one by one."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

import aiohttp
import pydantic_core

from deploy.local.stack_file import Stack
from shared.contract.events import SubmissionReceived
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.runtime.kafka import KafkaSink, open_sink
from shared.runtime.outgoing import Outgoing
from workbench.bench.load import SOURCE

# Submits all as fast as it can; returns the moment of each by id, in seconds since the epoch.
Submit: TypeAlias = Callable[[Sequence[SubmissionReceived]], Awaitable[Mapping[str, float]]]

WAYS = ("of 1 adapter", "of 12 adapters", "in bulk calls", "one by one")
_BULK_LINES = 1_000
_BULK_CALLS = 4  # that intake works on at a time
_CONNECTIONS = 100


def mixed(
    routine: Sequence[SubmissionReceived], urgent: Sequence[SubmissionReceived]
) -> list[SubmissionReceived]:
    """Return all submissions, the urgent ones evenly among the others."""
    every, events = len(routine) // len(urgent), list[SubmissionReceived]()
    for number, report in enumerate(urgent):
        events += [*routine[number * every : (number + 1) * every], report]
    return [*events, *routine[len(urgent) * every :]]


@asynccontextmanager
async def open_ways(stack: Stack) -> AsyncGenerator[dict[str, Submit]]:
    """Yield the ways of submitting, by their names in the result."""
    key = {"Authorization": f"Bearer {stack.keys.adapters['demo']}"}
    async with (
        open_sink(stack.access) as sink,
        aiohttp.ClientSession(stack.intake, headers=key) as session,
    ):
        calls = _Calls(session)
        ways = (_on_kafka(sink, 1), _on_kafka(sink, 12), calls.in_bulk, calls.one_by_one)
        yield dict(zip(WAYS, ways, strict=True))


def _on_kafka(sink: KafkaSink, adapters: int) -> Submit:
    async def submit(events: Sequence[SubmissionReceived]) -> Mapping[str, float]:
        began = time.time()
        records = (Outgoing.to_topic(CHANNEL_SUBMISSIONS.name, "", event) for event in events)
        await sink.publish(
            [
                replace(record, key=f"{SOURCE}/{number % adapters}".encode())
                for number, record in enumerate(records)
            ]
        )
        return dict.fromkeys([event.id for event in events], began)

    return submit


class _Calls:
    """Calls over HTTP, which are repeated when the service says so."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def in_bulk(self, events: Sequence[SubmissionReceived]) -> Mapping[str, float]:
        slots, began = asyncio.Semaphore(_BULK_CALLS), dict[str, float]()

        async def call(some: Sequence[SubmissionReceived]) -> None:
            lines = [pydantic_core.to_json({"id": one.id, "data": one.data}) for one in some]
            headers = {"Content-Type": "application/x-ndjson"}
            async with slots:
                began.update(dict.fromkeys([one.id for one in some], time.time()))
                await self._post("/v1/submissions/bulk", b"\n".join(lines), headers)

        starts = range(0, len(events), _BULK_LINES)
        await asyncio.gather(*(call(events[first : first + _BULK_LINES]) for first in starts))
        return began

    async def one_by_one(self, events: Sequence[SubmissionReceived]) -> Mapping[str, float]:
        slots, began = asyncio.Semaphore(_CONNECTIONS), dict[str, float]()

        async def call(event: SubmissionReceived) -> None:
            body = pydantic_core.to_json(event.data)
            headers = {"Content-Type": "application/json", "Idempotency-Key": event.id}
            async with slots:
                began[event.id] = time.time()
                await self._post("/v1/submissions", body, headers)

        await asyncio.gather(*map(call, events))
        return began

    async def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        while True:
            async with self._session.post(path, data=body, headers=headers) as response:
                retry_after = response.headers.get("Retry-After")
                if retry_after is None:
                    response.raise_for_status()
                    return
            await asyncio.sleep(float(retry_after))
