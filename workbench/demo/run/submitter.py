"""Delivery of the scenario's records to the router, at the pace of the demo."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp

from shared.contract.events import (
    Acceptance,
    FieldError,
    Rejection,
    SubmissionReceived,
    encode,
)
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.errors import Route311Error
from shared.runtime.outgoing import Outgoing, event_headers
from workbench.demo.run.mailbox import ResidentsAtMail
from workbench.demo.run.observations import Observations
from workbench.demo.run.pages import ResidentsAtPages
from workbench.demo.run.texts import TextingResidents
from workbench.demo.scenario import DemoSubmission, Scenario
from workbench.demo.scenario.submissions import Way
from workbench.demo.scenario.timeline import Delivery
from workbench.replay.transports import HttpTransport, Open311Transport

CHUNKS_PER_S = 4
_REJECTED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class UnexpectedResponseError(Route311Error):
    """Intake responded with a status that is a defect, such as 500."""

    code = "refused_by_intake"


@dataclass(slots=True)
class ScenarioClock:
    """Position within the scenario.

    Attributes:
        now: Local time of the latest delivery.
        delivered: Number of deliveries so far.
    """

    now: datetime
    delivered: int = 0


class RecordSink(Protocol):
    """A producer, such as ``shared.runtime.kafka.KafkaSink``."""

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when the broker has acknowledged all records."""
        ...


class Submitter(Protocol):
    """A way of delivering records to the router."""

    async def submit(self, deliveries: Sequence[Delivery]) -> None:
        """Deliver in order; what residents do by themselves may take longer."""
        ...

    async def finish(self) -> None:
        """Return when the router has all that was submitted."""
        ...

    async def answer_questions(self) -> None:
        """Answer what the router has asked since."""
        ...

    async def text_again(self, submissions: Sequence[DemoSubmission], word: str) -> None:
        """Text a word after reports by text."""
        ...


@dataclass(frozen=True, slots=True)
class ReportingResidents:
    """Residents who report by themselves."""

    pages: ResidentsAtPages
    mail: ResidentsAtMail
    texts: TextingResidents


class EveryWaySubmitter:
    """Delivers each record in its way: by an adapter, with the demo's key, or as residents do."""

    def __init__(
        self,
        sink: RecordSink,
        session: aiohttp.ClientSession,
        residents: ReportingResidents,
        seen: Observations,
    ) -> None:
        """Deliver to a router.

        Args:
            sink: Takes the records of the adapters' topic.
            session: With the key of the demo's adapter.
        """
        self._sink = sink
        self._residents = residents
        self._reporting: list[asyncio.Future[Any]] = []
        self._http = HttpTransport(session, self._on_response)
        self._open311 = Open311Transport(session, self._on_open311_response)
        self._seen = seen

    async def submit(self, deliveries: Sequence[Delivery]) -> None:
        """Return when the broker has acknowledged and intake has responded to the adapters."""
        by_way: defaultdict[Way, list[DemoSubmission]] = defaultdict(list)
        produced: list[Outgoing] = []
        for delivery in deliveries:
            if isinstance(delivery, DemoSubmission) and delivery.way != "kafka":
                by_way[delivery.way].append(delivery)
            else:
                produced.append(_record(delivery))
        self._reporting.append(
            asyncio.gather(
                self._residents.pages.submit(by_way["pages"]),
                self._residents.mail.submit(by_way["email"]),
                self._residents.texts.submit(by_way["sms"]),
            )
        )
        await self._sink.publish(produced)
        await self._http.send([one.event() for one in by_way["http"]])
        await self._open311.send([one.event() for one in by_way["open311"]])

    async def finish(self) -> None:
        """Return when all residents have reported."""
        reporting, self._reporting = self._reporting, []
        await asyncio.gather(*reporting)

    async def answer_questions(self) -> None:
        """Answer what arrived in the residents' mailboxes and phones since."""
        await self._residents.mail.answer_questions()
        await self._residents.texts.answer_questions()

    async def text_again(self, submissions: Sequence[DemoSubmission], word: str) -> None:
        """Text a word after reports by text, such as ``STOP``."""
        for submission in submissions:
            await self._residents.texts.text_again(submission, word)

    def _on_response(self, event: SubmissionReceived, status: int, body: dict[str, Any]) -> None:
        if status == HTTPStatus.CREATED:
            self._seen.accept(Acceptance.model_validate(body))
        elif status in _REJECTED:
            errors = tuple(FieldError.model_validate(error) for error in body.get("errors", ()))
            self._seen.rejected[event.id] = Rejection(
                submission_id=event.id, submission_source=event.source, errors=errors
            )
        else:
            raise UnexpectedResponseError(f"intake answered a submission with HTTP {status}")

    def _on_open311_response(
        self, event: SubmissionReceived, status: int, body: list[dict[str, Any]]
    ) -> None:
        if status != HTTPStatus.OK:
            raise UnexpectedResponseError(f"intake answered by Open311 with HTTP {status}")
        self._seen.accept_name(event.source, event.id, body[0]["service_request_id"])


async def submit_all(
    scenario: Scenario, submitter: Submitter, clock: ScenarioClock, seconds: float
) -> None:
    """Submit the whole scenario: evenly within so many seconds, and its final burst at once.

    Args:
        scenario: Deliveries in order.
        seconds: Real time until the final burst.
    """
    live = len(scenario.deliveries) - scenario.final_burst
    chunks = max(1, round(seconds * CHUNKS_PER_S))
    loop_time = asyncio.get_running_loop().time
    began = loop_time()
    for number in range(chunks):
        first, end = live * number // chunks, live * (number + 1) // chunks
        await _submit(scenario.deliveries[first:end], submitter, clock)
        await asyncio.sleep(began + (number + 1) / CHUNKS_PER_S - loop_time())
    await submitter.finish()
    await _submit(scenario.deliveries[live:], submitter, clock)
    await submitter.finish()


async def _submit(
    deliveries: Sequence[Delivery], submitter: Submitter, clock: ScenarioClock
) -> None:
    await submitter.submit(deliveries)
    clock.delivered += len(deliveries)
    clock.now = deliveries[-1].delivered_at


def _record(delivery: Delivery) -> Outgoing:
    value = encode(delivery.event()) if isinstance(delivery, DemoSubmission) else delivery.value
    source = delivery.source.encode()
    return Outgoing("", CHANNEL_SUBMISSIONS.name, source, value, event_headers())
