"""Transports of submissions to the router: the adapters' topic, and HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp
from typing_extensions import override

from shared.contract.events import SubmissionReceived
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.errors import Route311Error
from shared.runtime.kafka import KafkaSink, open_sink
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing

_MAX_IN_FLIGHT = 16
_RETRY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_UNAUTHORIZED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}

OnResponse = Callable[[SubmissionReceived, int, Any], None]
"""Called with a submission, and with the status and the body of intake's response."""


class RefusedKeyError(Route311Error):
    """Intake refused the API key."""

    code = "refused_key"


class Transport(Protocol):
    """A way of delivering submissions to the router."""

    async def send(self, events: Sequence[SubmissionReceived]) -> None:
        """Return when the router has all of them."""
        ...


class KafkaTransport:
    """Produces submissions to the adapters' topic."""

    def __init__(self, sink: KafkaSink) -> None:
        self._sink = sink

    async def send(self, events: Sequence[SubmissionReceived]) -> None:
        """Return when the broker has acknowledged all of them."""
        await self._sink.publish(
            [Outgoing.to_topic(CHANNEL_SUBMISSIONS.name, event.source, event) for event in events]
        )


class HttpTransport:
    """Posts submissions to intake; the event's id is the idempotency key."""

    def __init__(self, session: aiohttp.ClientSession, on_response: OnResponse) -> None:
        self._session = session
        self._on_response = on_response
        self._slots = asyncio.Semaphore(_MAX_IN_FLIGHT)

    async def send(self, events: Sequence[SubmissionReceived]) -> None:
        """Return when intake has responded to each; retry while it is overloaded."""
        await asyncio.gather(*(self._send(event) for event in events))

    async def _send(self, event: SubmissionReceived) -> None:
        async with self._slots:
            while True:
                status, body, pause_s = await self._post(event)
                if status not in _RETRY:
                    break
                await asyncio.sleep(pause_s)
        if status in _UNAUTHORIZED:
            raise RefusedKeyError("the router does not know the key in stack.json")
        self._on_response(event, status, body)

    async def _post(self, event: SubmissionReceived) -> tuple[int, Any, float]:
        async with self._session.post(
            "/v1/submissions", json=event.data, headers={"Idempotency-Key": event.id}
        ) as response:
            body = await response.json(content_type=None)
            return response.status, body, float(response.headers.get("Retry-After", 1))


class Open311Transport(HttpTransport):
    """Posts submissions to the Open311 endpoint, which has no place for language and time."""

    @override
    async def _post(self, event: SubmissionReceived) -> tuple[int, Any, float]:
        async with self._session.post(
            "/open311/v2/requests.json",
            data=open311_form(event.data),
            headers={"Idempotency-Key": event.id},
        ) as response:
            body = await response.json(content_type=None)
            return response.status, body, float(response.headers.get("Retry-After", 1))


def open311_form(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the form of a submission."""
    at, reporter = data.get("location") or {}, data.get("reporter") or {}
    media = [medium["url"] for medium in data.get("media") or ()]
    fields = {
        "jurisdiction_id": data["jurisdiction"],
        "service_code": data.get("service_code"),
        "description": data.get("description"),
        "lat": at.get("latitude"),
        "long": at.get("longitude"),
        "address_string": at.get("address"),
        "media_url": media[0] if media else None,
        "last_name": reporter.get("name"),
        "email": reporter.get("email"),
        "phone": reporter.get("phone"),
        "account_id": reporter.get("account_id"),
    }
    return {name: str(value) for name, value in fields.items() if value is not None}


@asynccontextmanager
async def open_kafka_transport(access: KafkaAccess) -> AsyncGenerator[KafkaTransport]:
    """Open a transport by Kafka."""
    async with open_sink(access) as sink:
        yield KafkaTransport(sink)


@asynccontextmanager
async def open_http_transport(
    intake: str, key: str, on_response: OnResponse
) -> AsyncGenerator[HttpTransport]:
    """Open a transport by HTTP.

    Args:
        key: API key of an adapter.
    """
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(intake, headers=headers) as session:
        yield HttpTransport(session, on_response)
