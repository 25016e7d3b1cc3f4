"""A delivery worker on fakes."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

from services.notify.channels.email.channel import EmailSender
from services.notify.channels.email.message import MailIdentity
from services.notify.delivery.worker import DeliveryWorker, Provider
from services.notify.handlers import on_messages
from shared.contract.events import Consent, ConsentChanged, Event, new_id
from shared.runtime.smtp import SendOutcome
from tests.support.builders import NOON, contact_given
from tests.support.notify.factories import (
    POLICY,
    SENDER,
    messages,
    opened,
    renderer,
    triaged,
)
from tests.support.notify.fakes import InMemoryNotify

PHONE_REF = "9f2c41d07ab35e6688f01c2d3e4a5b6c"
LEASE = timedelta(seconds=60)
IDENTITY = MailIdentity(SENDER, {"portland.gov": "311@portlandoregon.gov"})


@dataclass
class FakeMailer:
    """A connection that returns these outcomes in turn, then accepts every message."""

    outcomes: list[SendOutcome] = field(default_factory=list)
    failure: str | None = None
    mails: list[tuple[str, str]] = field(default_factory=list)
    returns_to: list[str | None] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)

    async def connect(self) -> str | None:
        return self.failure

    async def send(
        self, mailbox: str, message: bytes, *, returns_to: str | None = None
    ) -> SendOutcome:
        outcome = self.outcomes.pop(0) if self.outcomes else SendOutcome("accepted")
        if outcome.result in {"accepted", "unknown"}:
            subject = message_from_bytes(message, policy=default)["Subject"]
            self.mails.append((mailbox, subject))
            self.returns_to.append(returns_to)
            self.contents.append(message)
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
    second: list[FakeMailer] = field(default_factory=list)
    seconds: Callable[[], float] = time.monotonic

    @property
    def worker(self) -> DeliveryWorker:
        return DeliveryWorker(
            channel=self.store.channel,
            queue=self.store,
            providers=[
                Provider(
                    [EmailSender(mailer, renderer().render, IDENTITY) for mailer in mailers],
                    self.seconds,
                )
                for mailers in (self.mailers, self.second)
                if mailers
            ],
            lease=LEASE,
            may_send=lambda: self.may_send,
            clock=self.clock,
        )

    async def receive(self, events: Iterable[Event]) -> None:
        await on_messages(messages(events), self.store, POLICY, self.clock.now)

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


def text_report(phone: str = "+15035550177", ref: str | None = PHONE_REF) -> list[Event]:
    """A report of a person who wants text messages, until its case is opened."""
    request_id, case_id = new_id(), new_id()
    contact = contact_given(
        request_id, email=None, phone=phone, phone_ref=ref, status_updates=("sms",)
    )
    return [contact, triaged(request_id, case_id), opened(request_id, case_id)]


def consent(*, opted_out: bool, minutes: int = 0) -> ConsentChanged:
    at = NOON + timedelta(minutes=minutes)
    given = Consent(contact=PHONE_REF, channel="sms", opted_out=opted_out, at=at, source="/sms")
    return ConsentChanged.of(given, now=at)
