"""Pass events to triage's handler and return its decisions."""

from datetime import datetime
from typing import Any

from services.triage.handlers import on_messages
from services.triage.policy import TriagePolicy
from shared.contract.events import Decision, Event, RequestTriaged
from shared.runtime.outgoing import Outgoing
from tests.support.builders import NOON
from tests.support.triage.factories import DAY, POLICY, messages
from tests.support.triage.fakes import InMemoryTriageStore

LATER = NOON + 30 * DAY


async def decided(
    cases: InMemoryTriageStore,
    *events: Event,
    now: datetime = LATER,
    policy: TriagePolicy = POLICY,
) -> list[Decision]:
    caused = await on_messages(messages(*events), cases, policy, now)
    return [event.data for event in caused if isinstance(event, RequestTriaged)]


async def events_of(cases: InMemoryTriageStore, *events: Event) -> list[Any]:
    """Return the events that follow from one batch, without the notes that are passed on."""
    caused = await on_messages(messages(*events), cases, POLICY, NOON)
    return [event for event in caused if isinstance(event, Event)]


async def passed_on(cases: InMemoryTriageStore, *events: Event) -> list[Outgoing]:
    """Return the records that pass notes on, from one batch."""
    caused = await on_messages(messages(*events), cases, POLICY, NOON)
    return [record for record in caused if isinstance(record, Outgoing)]
