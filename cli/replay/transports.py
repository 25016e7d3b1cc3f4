"""The two ways in: the adapters' topic, and HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp

from cli.replay.tally import Tally
from shared.contract.events import SubmissionHandedIn
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.errors import Route311Error
from shared.runtime.kafka import KafkaSink, open_sink
from shared.runtime.outbox.records import Outgoing

_AT_ONCE = 16
_TRY_AGAIN = {429, 503}


class RefusedKeyError(Route311Error):
    """The router does not know our key."""

    code = "refused_key"


class Transport(Protocol):
    """How submissions get to the router."""

    async def send(self, events: Sequence[SubmissionHandedIn]) -> None:
        """Return when the router has them all."""
        ...


class KafkaTransport:
    """Submissions by the adapters' topic."""

    def __init__(self, sink: KafkaSink) -> None:
        self._sink = sink

    async def send(self, events: Sequence[SubmissionHandedIn]) -> None:
        """Return when the broker has them all."""
        await self._sink.publish(
            [Outgoing.to_topic(CHANNEL_SUBMISSIONS.name, event.source, event) for event in events]
        )


class HttpTransport:
    """Submissions by HTTP, some at a time; the event's id is the idempotency key."""

    def __init__(self, session: aiohttp.ClientSession, tally: Tally) -> None:
        self._session = session
        self._tally = tally
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def send(self, events: Sequence[SubmissionHandedIn]) -> None:
        """Return when intake has answered each; an overloaded intake is asked again."""
        await asyncio.gather(*(self._send(event) for event in events))

    async def _send(self, event: SubmissionHandedIn) -> None:
        async with self._free:
            while True:
                status, body, wait_s = await self._post(event)
                if status not in _TRY_AGAIN:
                    break
                await asyncio.sleep(wait_s)
        if status in {401, 403}:
            raise RefusedKeyError("the router does not know the key in stack.json")
        if status == HTTPStatus.CREATED:
            self._tally.accept(event.id, body["request_id"])
        else:
            faults = body.get("errors") or [{"code": f"http_{status}"}]
            self._tally.reject(event.id, faults[0]["code"])

    async def _post(self, event: SubmissionHandedIn) -> tuple[int, dict[str, Any], float]:
        async with self._session.post(
            "/v1/submissions", json=event.data, headers={"Idempotency-Key": event.id}
        ) as response:
            body = await response.json(content_type=None)
            return response.status, body, float(response.headers.get("Retry-After", 1))


@asynccontextmanager
async def by_kafka(bootstrap: str) -> AsyncGenerator[KafkaTransport]:
    """Open the way by Kafka."""
    async with open_sink(bootstrap) as sink:
        yield KafkaTransport(sink)


@asynccontextmanager
async def by_http(intake: str, key: str, tally: Tally) -> AsyncGenerator[HttpTransport]:
    """Open the way by HTTP."""
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(intake, headers=headers) as session:
        yield HttpTransport(session, tally)
