"""The four services' own handlers on tables in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, Literal

from services.dispatch.handlers.incoming import on_messages as dispatch
from services.dispatch.handlers.incoming import on_reminders_due
from services.dispatch.policy import DispatchPolicy
from services.intake.handlers import accept_submissions, on_submissions_received
from services.intake.policy import IntakePolicy, city_of
from services.intake.records.submissions import RawSubmission
from services.notify.delivery.worker import delivery_update
from services.notify.handlers import on_messages as notify
from services.notify.policy import NotifyPolicy
from services.notify.rules.daily_limit import SendingRules
from services.triage.handlers import on_messages as triage
from services.triage.policy import TriagePolicy
from shared.contract.events import (
    CONTENT_TYPE,
    CaseOverdue,
    Event,
    NoteAdded,
    RequestSubmitted,
    RequestTriaged,
    SubmissionAccepted,
    SubmissionReceived,
    encode,
)
from shared.contract.topics import (
    CHANNEL_SUBMISSIONS,
    DISPATCH_CASES,
    DISPATCH_CLOSINGS,
    INTAKE_CONTACTS,
    OPERATOR_COMMANDS,
    TRIAGE_DECISIONS,
    bureau_updates,
)
from shared.errors import UndecodableEventError
from shared.runtime.consumer.messages import InvalidRecord, Message, to_dead_letter
from shared.runtime.outgoing import Outgoing
from shared.runtime.smtp import SendOutcome
from shared.vocabulary import GeoPoint
from tests.support.builders import NOON, operator_commanded, work_order_updated
from tests.support.dispatch.in_memory_store import InMemoryDispatchStore as InMemoryDispatch
from tests.support.intake.fakes import InMemorySubmissions
from tests.support.notify.fakes import InMemoryNotify
from tests.support.records import record
from tests.support.triage.fakes import InMemoryTriageStore as InMemoryTriage
from tests.unit.workbench.check.history import CATALOGUE, History, Sent
from tests.unit.workbench.check.rows import feed_and_webhooks, forwards, insight, tables_of
from workbench.check.history import Attempt, Poison

KEY = b"a secret of the tests"
LATER = NOON + timedelta(hours=1)
POISON = b"no JSON at all"
BEYOND_THE_LIMITS = GeoPoint(45.5001, -122.4302)
_NEIGHBOUR = next(iter(CATALOGUE.jurisdictions["portland.gov"].neighbours))
_numbers = count()


class Map:
    """Boundaries: every point but one lies in the city."""

    def municipality(self, points: Sequence[GeoPoint]) -> list[str | None]:
        return [_NEIGHBOUR if point == BEYOND_THE_LIMITS else None for point in points]

    def district(self, points: Sequence[GeoPoint]) -> list[str | None]:
        return [None for _ in points]


INTAKE = IntakePolicy(
    {city.id: city_of(city, Map()) for city in CATALOGUE.jurisdictions.values()},
    KEY,
    "https://311.example.org",
)
DISPATCH = DispatchPolicy.of(CATALOGUE)
TRIAGE = TriagePolicy(CATALOGUE)


@dataclass
class Router:
    """The four services on tables in memory; events reach their readers at once."""

    submissions: InMemorySubmissions = field(default_factory=InMemorySubmissions)
    cases: InMemoryTriage = field(default_factory=InMemoryTriage)
    work: InMemoryDispatch = field(default_factory=InMemoryDispatch)
    audience: InMemoryNotify = field(default_factory=InMemoryNotify)
    sent: list[Sent] = field(default_factory=list)
    client: list[Attempt | Poison] = field(default_factory=list)
    commands: int = 0

    async def hand_in(self, event: SubmissionReceived) -> None:
        """Submit over Kafka."""
        value = encode(event)
        self._outside(CHANNEL_SUBMISSIONS.name, event.source, value, event.id)
        message = Message(record(value, topic=CHANNEL_SUBMISSIONS.name), event)
        output = await on_submissions_received([message], self.submissions, INTAKE, NOON)
        await self._intake(event, output)

    async def post(self, event: SubmissionReceived) -> None:
        """Submit over HTTP."""
        (taken,) = await accept_submissions(
            [RawSubmission(event, b"")], self.submissions, INTAKE, NOON
        )
        await self._intake(event, taken.events)

    async def _intake(self, event: SubmissionReceived, output: Sequence[Event | Outgoing]) -> None:
        events = [item for item in output if isinstance(item, Event)]
        self._publish("intake", output)
        (filing, *_) = [f for f in self.submissions.stored.values() if f.submission_id == event.id]
        answer = filing.receipt.decode()
        request_id = answer.data.request_id if isinstance(answer, SubmissionAccepted) else None
        outcome: Literal["accepted", "rejected"] = "accepted" if request_id else "rejected"
        seen = Attempt(source=event.source, id=event.id, outcome=outcome, request_id=request_id)
        self.client.append(seen)
        requests = [one for one in events if isinstance(one, RequestSubmitted)]
        await self._notify([one for one in events if one not in requests], INTAKE_CONTACTS.name)
        if requests:
            decided = await triage(_messages(requests, "requests"), self.cases, TRIAGE, LATER)
            self._publish("triage", decided)
            decisions = [one for one in decided if isinstance(one, RequestTriaged)]
            await self._notify(decisions, TRIAGE_DECISIONS.name)
            await self._dispatch(_messages(decisions, TRIAGE_DECISIONS.name))

    async def note(self, event: NoteAdded) -> None:
        """Add a person's note to a request."""
        self._publish("intake", [event])
        read = await triage(_messages([event], "requests"), self.cases, TRIAGE, LATER)
        self._publish("triage", read)
        await self._dispatch(_messages([event], TRIAGE_DECISIONS.name))

    async def update(self, bureau: str, work_order_id: str, status: str, **changes: Any) -> None:
        """Send a bureau's update."""
        fields = {"work_order_id": work_order_id, "bureau": bureau, "status": status}
        event = work_order_updated(**(fields | changes))
        topic = bureau_updates(bureau).name
        self._outside(topic, work_order_id, encode(event), event.id)
        await self._dispatch(_messages([event], topic))

    async def order(self, command: str, case_id: str, **changes: Any) -> None:
        """Send an operator's command."""
        fields = {"command": command, "case_id": case_id, "actor": "kim", "reason": "Looked at it"}
        event = operator_commanded(data=fields | changes)
        topic, value, offset = OPERATOR_COMMANDS.name, encode(event), self.commands
        self.commands += 1
        self._outside(topic, case_id, value, event.id)
        await self._dispatch([Message(record(value, topic=topic, offset=offset), event)])

    async def _dispatch(self, messages: Sequence[Message[Any]]) -> None:
        output = await dispatch(messages, self.work, DISPATCH, LATER)
        self._publish("dispatch", output)
        events = [item for item in output if isinstance(item, Event)]
        events = [event for event in events if event.type.startswith("route311.case.")]
        await self._notify(events, DISPATCH_CASES.name)
        closings = [event for event in events if type(event) in DISPATCH_CLOSINGS.events]
        if closings:
            messages = _messages(closings, DISPATCH_CLOSINGS.name)
            await triage(messages, self.cases, TRIAGE, LATER)

    async def _notify(self, events: Sequence[Event], topic: str) -> None:
        if events:
            self._publish(
                "notify",
                await notify(
                    _messages(events, topic),
                    self.audience,
                    NotifyPolicy(KEY, SendingRules()),
                    LATER,
                ),
            )
        while claimed := await self.audience.claim(10, LATER, LATER):
            outcome = SendOutcome("accepted", provider_id="mail")
            await self.audience.record([delivery_update(c, outcome, LATER) for c in claimed])
        self._publish("notify", self.audience.published)
        self.audience.published.clear()

    async def remind(self, now: datetime) -> None:
        """Send the reminders that are due."""
        events, changes = on_reminders_due(self.work.all, DISPATCH, now)
        await self.work.write(changes)
        self._publish("dispatch", events)
        overdue = [event for event in events if isinstance(event, CaseOverdue)]
        await self._notify(overdue, DISPATCH_CASES.name)

    def park(self, topic: str, value: bytes, *services: str) -> None:
        """The first record of a topic is one that nobody can read, and its readers park it."""
        self._outside(topic, "poison", value, "")
        unfit = InvalidRecord(record(value, topic=topic), UndecodableEventError("record: no JSON"))
        for service in services:
            self._publish(service, [to_dead_letter(unfit, service)])
        planted = Poison(outcome="poison", topic=topic, sha256=sha256(value).hexdigest())
        self.client.append(planted)

    def _outside(self, topic: str, key: str, value: bytes, event_id: str) -> None:
        headers = (("content-type", CONTENT_TYPE),)
        self.sent.append(Sent(None, event_id, topic, key.encode(), value, headers))

    def _publish(self, service: str, output: Sequence[Event | Outgoing]) -> None:
        for item in output:
            for r in [item] if isinstance(item, Outgoing) else Outgoing.for_event(item):
                one = Sent(service, r.event_id, r.topic, r.key, r.value, r.headers)
                self.sent.append(one)

    def history(self) -> History:
        """Return the history so far."""
        tables = tables_of(self.submissions, self.cases, self.work, self.audience)
        feed, webhooks = feed_and_webhooks(self.sent)
        tables |= webhooks | forwards(self.sent) | insight(self.sent)
        return History(self.sent, tables, client=self.client, feed=feed)


def _messages(events: Sequence[Event], topic: str) -> list[Message[Any]]:
    return [Message(record(topic=topic, offset=next(_numbers)), event) for event in events]
