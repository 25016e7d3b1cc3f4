"""What dispatch does when triage decided and when a bureau reports."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from services.dispatch.arrivals import arrival_of
from services.dispatch.batch import Batch
from services.dispatch.bureau_events import receipt, work_order_events
from services.dispatch.case_events import case_event
from services.dispatch.judging import judge
from services.dispatch.policy import Policy
from services.dispatch.rules.case import Case
from services.dispatch.rules.changes import Step
from services.dispatch.rules.joining import attach, open_case
from services.dispatch.rules.lifecycle import Update
from services.dispatch.updates import IncomingUpdate, incoming
from services.dispatch.writing import TakenUpdate, UpdateKey, Writing
from shared.events import Event, RequestTriaged, WorkOrderUpdated
from shared.runtime.messages import Message

Incoming: TypeAlias = RequestTriaged | WorkOrderUpdated


class Cases(Protocol):
    """Every case with its work orders, and what it was made of."""

    async def load(
        self, case_ids: Collection[str], work_order_ids: Collection[str]
    ) -> Sequence[Case]:
        """Return those of the cases, and the cases of those of the work orders, that there are.

        Nobody else changes them before this transaction is over.
        """
        ...

    async def requests_in_cases(self, request_ids: Collection[str]) -> Collection[str]:
        """Return those of the requests that belong to a case."""
        ...

    async def updates_taken(self, keys: Collection[UpdateKey]) -> Collection[UpdateKey]:
        """Return those of the updates that were taken before."""
        ...

    async def write(self, writing: Writing) -> None:
        """Store what a batch changed."""
        ...


async def on_messages(
    messages: Sequence[Message[Incoming]], cases: Cases, policy: Policy, now: datetime
) -> list[Event]:
    """Handle decisions and updates in order; return what follows from all of them.

    A bureau hears once of everything that the batch changes about a work order of its own.
    """
    work = [_understood(message, policy) for message in messages]
    batch = await _load(work, cases)
    caused: list[Event] = []
    for item in work:
        if isinstance(item, IncomingUpdate):
            caused += on_work_order_updated(item, batch, policy, now)
        else:
            caused += on_request_triaged(item, batch, policy, now)
    for telling in batch.tell():
        caused += work_order_events(telling, now)
    await cases.write(batch.writing())
    return caused


def on_request_triaged(
    event: RequestTriaged, batch: Batch, policy: Policy, now: datetime
) -> list[Event]:
    """Open a case for the request or attach it to its case; each request counts once.

    A request without a case is not the city's work. One that repeats a case that is not here
    opens it.
    """
    decision = event.data
    if decision.case_id is None or batch.has_request(decision.request_id):
        return []
    arrival = arrival_of(decision, decision.case_id, policy, now)
    case = batch.case(decision.case_id)
    steps = [open_case(arrival)] if case is None else attach(case, arrival)
    batch.join(decision.request_id, steps[-1].case, event)
    return [case_event(step, event, now) for step in steps]


def on_work_order_updated(
    update: IncomingUpdate, batch: Batch, policy: Policy, now: datetime
) -> list[Event]:
    """Let the update hold, or refuse it so that it changes nothing; its bureau gets a receipt.

    The same update once more changes nothing and gets no second receipt.
    """
    if batch.has_update(update.key):
        return []
    verdict = judge(update, batch, policy, now)
    said = update.said if isinstance(update.said, Update) else None
    refused_as = verdict.refusal.code if verdict.refusal else None
    batch.take(TakenUpdate(update.key, said, verdict.changed, refused_as))
    events = [receipt(update, verdict, now)]
    if verdict.case and verdict.changed:
        batch.change(verdict.case, update.event)
    if verdict.case and verdict.change:
        events.append(case_event(Step(verdict.case, verdict.change), update.event, now))
    return events


def _understood(message: Message[Incoming], policy: Policy) -> RequestTriaged | IncomingUpdate:
    event = message.event
    if isinstance(event, RequestTriaged):
        return event
    return incoming(event, policy.senders[message.topic])


async def _load(work: Sequence[RequestTriaged | IncomingUpdate], cases: Cases) -> Batch:
    updates = [item for item in work if isinstance(item, IncomingUpdate)]
    decisions = [item.data for item in work if isinstance(item, RequestTriaged)]
    return Batch(
        stored=await cases.load(
            {decision.case_id for decision in decisions if decision.case_id is not None},
            {update.said.work_order_id for update in updates if isinstance(update.said, Update)},
        ),
        requests=await cases.requests_in_cases({decision.request_id for decision in decisions}),
        updates=await cases.updates_taken({update.key for update in updates}),
    )
