"""Pass events to triage's handler and return its decisions."""

from datetime import datetime

from services.triage.handlers import on_messages
from shared.contract.events import Decision, Event, RequestTriaged
from tests.builders import NOON
from tests.unit.triage.factories import DAY, POLICY, messages
from tests.unit.triage.fakes import InMemoryTriageStore

LATER = NOON + 30 * DAY


async def decided(
    cases: InMemoryTriageStore, *events: Event, now: datetime = LATER
) -> list[Decision]:
    caused = await on_messages(messages(*events), cases, POLICY, now)
    return [event.data for event in caused if isinstance(event, RequestTriaged)]
