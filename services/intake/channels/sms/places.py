"""Places in the reports and answers of a text, geocoded before its transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.intake.channels.sms.rules.machine import on_due, on_text
from services.intake.channels.sms.rules.model import IncomingText, Step
from services.intake.channels.sms.store import Correspondent, find_conversation, find_due
from services.intake.channels.sms.submission import SOURCE, submission_of
from services.intake.policy import IntakePolicy, Prefetch
from shared.contract.events import SubmissionReceived
from shared.runtime.postgres import Pool


@dataclass(frozen=True, slots=True)
class SmsPlaces:
    """Foresees what a transaction will accept, from the conversation as it is before.

    What another text changes meanwhile costs at most the point of an address.

    Attributes:
        pool: Intake's database.
        policy: Rules by which submissions become requests.
        prefetch: Asks another server for places.
    """

    pool: Pool
    policy: IntakePolicy
    prefetch: Prefetch

    async def before_text(self, who: Correspondent, text: IncomingText) -> None:
        """Ask for the places of the reports that a text leads to, and for the one that it tells."""
        conversation = await find_conversation(self.pool, who)
        over = on_due(conversation, text.at)
        reader = self.policy.cities[who.jurisdiction].text_reader
        step = on_text(over.conversation if over else conversation, text, reader)
        await self.prefetch(_handed_in(who, over, step))

    async def before_due(self, now: datetime) -> None:
        """Ask for the place of the report that has waited longest for an answer."""
        if due := await find_due(self.pool, now, self.policy.cities, self.policy.sealer):
            await self.prefetch(_handed_in(due[0], on_due(due[1], now)))


def _handed_in(who: Correspondent, *steps: Step | None) -> Iterator[SubmissionReceived]:
    for step in steps:
        if step and step.submit:
            yield submission_of(step.submit, who, step.conversation).raw.handed_in
        if step and step.note and step.note.place:
            location = {"address": step.note.place.words}
            data = {"jurisdiction": who.jurisdiction, "channel": "sms", "location": location}
            yield SubmissionReceived(id=step.note.number, source=SOURCE, data=data)
