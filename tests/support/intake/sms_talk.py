"""A conversation by text in Portland, without a database."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.intake.channels.conversations.rules import TextReader
from services.intake.channels.sms.rules.conversation import (
    Conversation,
    FollowedRequest,
    IncomingText,
    Step,
)
from services.intake.channels.sms.rules.machine import on_due, on_text
from services.intake.policy import city_of
from services.intake.records.notes import StatedPlace
from shared.catalogue import load_catalogue
from tests.support.builders import NOON
from tests.support.intake.factories import FakeBoundaries
from tests.support.intake.texts import spoken

PORTLAND = load_catalogue().jurisdictions["portland.gov"]
READER = TextReader(PORTLAND, city_of(PORTLAND, FakeBoundaries()).screen_text)
MINUTE = timedelta(minutes=1)
NUMBER = "26-7KQ4-M2"


@dataclass
class Talk:
    """What a person wrote so far, and what became of it."""

    conversation: Conversation = field(default_factory=Conversation)
    now: datetime = NOON
    steps: list[Step] = field(default_factory=list)

    def say(self, body: str, *, after: timedelta = MINUTE, names: str | None = None) -> Step:
        """Return the step that a text leads to."""
        self.wait(after)
        return self.take(IncomingText(f"SM{len(self.steps)}", body, self.now, names))

    def take(self, text: IncomingText) -> Step:
        """Return the step that a text leads to, with all that is known of it."""
        return self._did(on_text(self.conversation, text, READER))

    def wait(self, time: timedelta) -> Step | None:
        """Let time pass; return the step of a report whose time is over."""
        self.now += time
        over = on_due(self.conversation, self.now)
        return self._did(over) if over else None

    @property
    def submitted(self) -> list[tuple[tuple[str, ...], str | None, dict[str, str]]]:
        """Words, place and answers of each request, in order."""
        drafts = [step.submit for step in self.steps if step.submit]
        return [(draft.texts, draft.place, draft.answers) for draft in drafts]

    @property
    def notes(self) -> list[str]:
        return [step.note.text for step in self.steps if step.note]

    @property
    def told(self) -> list[StatedPlace | None]:
        """The place that each note tells."""
        return [step.note.place for step in self.steps if step.note]

    def _did(self, step: Step) -> Step:
        self.steps.append(step)
        self.conversation = step.conversation
        if draft := step.submit:
            kind = READER.assess("\n".join(draft.texts)).service_code
            request = FollowedRequest(
                NUMBER, kind, draft.place, self.now, step.asks_where, step.dangers
            )
            self.conversation = replace(self.conversation, request=request)
        return step


def reply(step: Step) -> str:
    """Return the answer in the language of the conversation; empty for none."""
    return spoken(*step.reply, language=step.conversation.language)
