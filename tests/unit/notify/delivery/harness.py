"""A delivery worker on fakes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

from services.notify.delivery.worker import DeliveryWorker
from services.notify.handlers import on_messages
from shared.contract.events import Event, new_id
from shared.runtime.smtp import SendOutcome
from tests.builders import NOON, contact_given
from tests.unit.notify.factories import (
    CONTACT_KEY,
    SENDER,
    messages,
    opened,
    renderer,
    triaged,
)
from tests.unit.notify.fakes import InMemoryNotify

LEASE = timedelta(seconds=60)


@dataclass
class FakeMailer:
    """Returns these outcomes in turn, then accepts every message."""

    outcomes: list[SendOutcome] = field(default_factory=list)
    failure: str | None = None
    mails: list[tuple[str, str]] = field(default_factory=list)

    async def connect(self) -> str | None:
        return self.failure

    async def send(self, mailbox: str, message: bytes) -> SendOutcome:
        outcome = self.outcomes.pop(0) if self.outcomes else SendOutcome("accepted")
        if outcome.result in {"accepted", "unknown"}:
            subject = message_from_bytes(message, policy=default)["Subject"]
            self.mails.append((mailbox, subject))
        return outcome


@dataclass
class FakeClock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class DeliveryHarness:
    """A delivery worker on fakes, with a clock that the test sets."""

    store: InMemoryNotify = field(default_factory=InMemoryNotify)
    mailers: list[FakeMailer] = field(default_factory=lambda: [FakeMailer()])
    clock: FakeClock = field(default_factory=FakeClock)
    may_send: bool = True

    @property
    def worker(self) -> DeliveryWorker:
        return DeliveryWorker(
            queue=self.store,
            mailers=self.mailers,
            renderer=renderer(),
            sender=SENDER,
            lease=LEASE,
            may_send=lambda: self.may_send,
            clock=self.clock,
        )

    async def receive(self, events: Iterable[Event]) -> None:
        await on_messages(messages(events), self.store, CONTACT_KEY, self.clock.now)

    @property
    def states(self) -> list[str]:
        return [row.state for row in self.store.rows]

    @property
    def mails(self) -> list[tuple[str, str]]:
        return [mail for mailer in self.mailers for mail in mailer.mails]


def report(email: str = "ana@example.org", level: str | None = None) -> list[Event]:
    request_id, case_id = new_id(), new_id()
    opening = opened(request_id, case_id)
    if level:
        priority = opening.data.priority.model_copy(update={"level": level})
        opening = opening.model_copy(
            update={"data": opening.data.model_copy(update={"priority": priority})}
        )
    return [contact_given(request_id, email=email), triaged(request_id, case_id), opening]
