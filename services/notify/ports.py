"""Ports of notify: the operations of its core that channels use."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

import jinja2

from services.notify.delivery.alerts import AlertWorker, ReadProblems, SendAlert
from services.notify.delivery.store import PostgresDeliveryQueue
from services.notify.delivery.worker import DeliveryWorker, Provider, Sender
from services.notify.outbound import settled_event
from services.notify.policy import CityTexts, NotifyPolicy
from services.notify.records import (
    OPTED_OUT,
    Alert,
    AlertArea,
    DisclosedContact,
    HeldContact,
    HeldDecision,
    LinkedMessage,
    ListedMessage,
    MessageState,
    UpdatesChoice,
)
from services.notify.rendering.alerts import AlertRenderer
from services.notify.rendering.catalogues import PAGES, text_environment
from services.notify.rendering.renderer import MessageRenderer, one_line
from services.notify.rules.alerts import next_morning
from services.notify.rules.recipients import person_hash
from services.notify.rules.signed_links import PATHS, LinkPurpose, SignedLinks, has_ended
from services.notify.rules.updates import SettledState, settled_from
from services.notify.settings import NotifySettings, SecondProviders
from services.notify.store.alerts import (
    NewAlert,
    add_alert,
    confirm_alert,
    end_alert,
    find_alert,
)
from services.notify.store.deliveries import (
    drop_held,
    list_held,
    messages_in_state,
    messages_of_case,
    release_held,
    settle,
)
from services.notify.store.resident_links import (
    FixedQuestion,
    case_reporters,
    find_lead,
    find_preferences,
    find_question,
    opt_out,
    save_answer,
    save_preferences,
    unsubscribe,
)
from shared.contract.events import ContactDisclosed, ContactDisclosure, Feedback, FeedbackGiven
from shared.email_address import without_tag
from shared.redaction import KnownPii
from shared.runtime.clock import utc_now
from shared.runtime.http.authentication import Callers
from shared.runtime.ops.audit import audit
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Connection, Pool, borrow, transaction
from shared.runtime.sealing import Sealer
from shared.runtime.service import ServiceTask
from shared.spoken_languages import SpokenLanguage
from shared.vocabulary import StatusChannel


class LinkError(Exception):
    """A link opens no page: it is of no message, or its lifetime has ended."""

    def __init__(self, reason: Literal["unknown", "ended"]) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NotifyPorts:
    """Operations of the core; each write is one transaction."""

    settings: NotifySettings
    second: SecondProviders  # providers that are used while the first ones fail
    pool: Pool
    callers: Callers
    policy: NotifyPolicy
    cities: Mapping[str, CityTexts]
    # Every language with a catalogue, reviewed or not, by tag.
    languages: Mapping[str, SpokenLanguage]
    inboxes: Mapping[str, str]  # by jurisdiction, the address that takes replies to e-mail
    renderer: MessageRenderer
    links: SignedLinks
    sealer: Sealer  # wraps the keys of people
    hash_key: Callable[[Connection], Awaitable[bytes]]  # secret key of the hash of people
    on_commit: HandOver
    may_send: Callable[[], bool]  # False while no message may be sent yet
    # Called after a commit that may have added deliveries.
    wakes: list[Callable[[], None]] = field(default_factory=list)
    # Called after a person asked for an alert.
    alert_wakes: list[Callable[[], None]] = field(default_factory=list)
    clock: Callable[[], datetime] = utc_now

    def deliver(
        self, channel: StatusChannel, providers: Sequence[Sequence[Sender]], within_s: float
    ) -> ServiceTask:
        """Return the task that claims, sends and records the due messages of a channel.

        The senders of the preferred provider come first. One attempt ends within ``within_s``
        seconds; the lease is twice as long.
        """
        worker = DeliveryWorker(
            channel=channel,
            queue=PostgresDeliveryQueue(
                self.pool, channel, self.sealer, self.policy.rules.languages, self.on_commit
            ),
            providers=[Provider(senders) for senders in providers],
            lease=timedelta(seconds=2 * within_s),
            may_send=self.may_send,
        )
        self.wakes.append(worker.wake)
        return worker.run

    def alert_worker(self, problems: ReadProblems, send: SendAlert) -> AlertWorker:
        """Return the worker that sends the alerts that are due."""
        worker = AlertWorker(
            pool=self.pool,
            sealer=self.sealer,
            timezone=self.policy.rules.timezone,
            clock=self.clock,
            may_send=self.may_send,
            serves=self.serves,
            render=AlertRenderer(
                self.cities, self.settings.residents_url, self.links, self.languages
            ).render,
            problems=problems,
            send=send,
        )
        self.alert_wakes.append(worker.wake)
        return worker

    def serves(self, alert: Alert) -> bool:
        """Return True where the alert's city and language are still there."""
        city = self.settings.pages_jurisdiction
        return alert.area.jurisdiction == city and alert.language in self.languages

    async def record_status(
        self,
        notification_id: str | None,
        provider_id: str,
        state: SettledState,
        reason: str | None = None,
    ) -> None:
        """Settle the text message that a provider's report is about. Idempotent.

        An unknown message changes nothing.
        """
        now = self.clock()
        async with transaction(self.pool) as db:
            settled = await settle(
                db,
                [notification_id] if notification_id else [],
                states=settled_from(state),
                state=state,
                reason=reason,
                provider_id=provider_id,
            )
            if reason == OPTED_OUT:
                for one in settled:
                    await opt_out(db, one.notification_id, now)
            batches = await enqueue(
                db, [settled_event(one, state, now, reason, provider_id) for one in settled]
            )
        self.on_commit(batches)

    def link_path(self, purpose: LinkPurpose) -> str:
        """Return the route of the page that links with this purpose open."""
        return f"{PATHS[purpose]}{{token}}"

    async def find_question(self, token: str) -> LinkedMessage:
        """Return the message whose feedback link has this token, or raise ``LinkError``."""
        notification_id = self._notification("feedback", token)
        async with borrow(self.pool) as db:
            question = await find_question(db, notification_id, self.sealer)
        return self._live("feedback", question and question.message)

    async def give_feedback(self, notification_id: str, *, fixed: bool, comment: str) -> bool:
        """Publish the answer to a message's question; a repeated answer changes nothing.

        Returns False for a message without a question, or with too many answers.
        """
        now, digest = self.clock(), sha256(f"{fixed} {comment}".encode()).digest()
        async with transaction(self.pool) as db:
            question = await find_question(db, notification_id, self.sealer)
            if question is None:
                return False
            saved = await save_answer(db, notification_id, digest, now)
            if saved != "new":
                return saved == "repeated"
            feedback = Feedback(
                case_id=question.case_id,
                request_id=question.request_id,
                fixed=fixed,
                comment=self._redacted_comment(question, comment),
                channel="web",
                at=now,
            )
            event = FeedbackGiven.of(feedback, now=now, request=question.request_id)
            batches = await enqueue(db, [event])
        self.on_commit(batches)
        return True

    async def find_preferences(
        self, purpose: Literal["preferences", "unsubscribe"], token: str
    ) -> LinkedMessage:
        """Return the e-mail of a link with the recipient's preferences, or raise ``LinkError``."""
        notification_id = self._notification(purpose, token)
        async with borrow(self.pool) as db:
            return self._live(purpose, await find_preferences(db, notification_id))

    async def save_preferences(self, person: str, updates: UpdatesChoice, language: str) -> None:
        """Save which messages a person gets, and their language, a BCP 47 tag."""
        async with transaction(self.pool) as db:
            await save_preferences(db, person, updates, language, self.clock())

    async def unsubscribe(self, person: str) -> None:
        """Send a person no more e-mail about reports. Idempotent."""
        async with transaction(self.pool) as db:
            await unsubscribe(db, person, self.clock())

    async def ask_for_alert(self, area: AlertArea, mailbox: str, language: str) -> None:
        """Send an e-mail to an address that asks it to confirm an alert."""
        async with transaction(self.pool) as db:
            key = await self.hash_key(db)
            person, inbox = (
                person_hash(key, address=address, phone=None, request_id="")
                for address in (mailbox, without_tag(mailbox))
            )
            asked = NewAlert(person, inbox, mailbox, area, language)
            await add_alert(db, asked, self.sealer, self.clock())
        for wake in self.alert_wakes:
            wake()

    async def find_alert(self, token: str) -> Alert | None:
        """Return the alert of a link, None once it has ended; raises ``LinkError``."""
        async with borrow(self.pool) as db:
            return await find_alert(db, self._notification("alert", token))

    async def confirm_alert(self, alert: Alert) -> None:
        """Send what is new from the next morning on. Idempotent."""
        now, zone = self.clock(), self.policy.rules.timezone(alert.area.jurisdiction)
        async with transaction(self.pool) as db:
            await confirm_alert(db, alert.alert_id, now, next_morning(now, zone))

    async def end_alert(self, alert: Alert) -> None:
        """Send nothing more. Idempotent."""
        async with transaction(self.pool) as db:
            await end_alert(db, alert.alert_id)

    async def has_lead(self, work_order_id: str) -> bool:
        """Return True when a bureau leads a case by this work order."""
        async with borrow(self.pool) as db:
            return await find_lead(db, work_order_id) is not None

    async def disclose(
        self, work_order_id: str, bureau: str, purpose: str
    ) -> Sequence[DisclosedContact] | None:
        """Return the contacts of a case's reporters; None where the bureau does not lead the case.

        Each disclosure, with the bureau's purpose, is an event, committed before the contacts are
        returned.
        """
        now = self.clock()
        async with transaction(self.pool) as db:
            lead = await find_lead(db, work_order_id)
            if lead is None or lead.bureau != bureau:
                return None
            reporters = await case_reporters(db, lead.case_id, self.sealer)
            names = {reporter.name for reporter in reporters if reporter.name}
            disclosure = ContactDisclosure(
                work_order_id=work_order_id,
                case_id=lead.case_id,
                bureau=bureau,
                purpose=self.policy.redacted_purpose(lead.jurisdiction, purpose, names),
                at=now,
            )
            batches = await enqueue(db, [ContactDisclosed.of(disclosure, now=now)])
        self.on_commit(batches)
        audit(
            "contact_disclosed",
            bureau=bureau,
            work_order=work_order_id,
            case=lead.case_id,
            contacts=len(reporters),
            purpose=disclosure.purpose,
        )
        return reporters

    async def messages(
        self, state: MessageState, before: UUID, limit: int
    ) -> Sequence[ListedMessage]:
        """Return the newest messages in a state with an id below ``before``."""
        async with borrow(self.pool) as db:
            return await messages_in_state(db, state, before, limit)

    async def messages_of_case(
        self, case_id: UUID, before: UUID, limit: int
    ) -> Sequence[ListedMessage]:
        """Return the newest messages about a case with an id below ``before``."""
        async with borrow(self.pool) as db:
            return await messages_of_case(db, case_id, before, limit)

    async def held_contacts(self) -> Sequence[HeldContact]:
        """Return the contacts for which messages are held, the most messages first."""
        async with borrow(self.pool) as db:
            return [HeldContact.model_validate(one) for one in await list_held(db)]

    async def decide_held(
        self, contact: str, decision: HeldDecision, operator: str, *, actor: str | None = None
    ) -> int:
        """Send or drop the messages held for a contact; return their number. Idempotent."""
        async with transaction(self.pool) as db:
            if decision == "release":
                count = await release_held(db, contact, self.clock())
            else:
                count = await drop_held(db, contact)
        for wake in self.wakes:
            wake()
        audit(
            "held_messages_decided",
            contact=contact,
            decision=decision,
            messages=count,
            actor=actor,
            operator=operator,
        )
        return count

    def page_environment(self) -> jinja2.Environment:
        """Return an environment for the pages behind links."""
        return text_environment(trim_blocks=True, autoescape=True)

    def page_languages(self) -> Sequence[str]:
        """Return the languages in which the pages may be shown, English first."""
        return self.policy.rules.languages.complete(PAGES)

    def message_languages(self, jurisdiction: str) -> Sequence[str]:
        """Return the languages in which a city may write, English first."""
        return self.policy.rules.languages.offered(jurisdiction)

    def _notification(self, purpose: LinkPurpose, token: str) -> str:
        notification_id = self.links.notification(purpose, token)
        if notification_id is None:
            raise LinkError("unknown")
        return notification_id

    def _live(self, purpose: LinkPurpose, message: LinkedMessage | None) -> LinkedMessage:
        if message is None:
            raise LinkError("unknown")
        if has_ended(purpose, message.due_at, self.clock()):
            raise LinkError("ended")
        return message

    def _redacted_comment(self, question: FixedQuestion, comment: str) -> str | None:
        known = KnownPii(question.contact.name, question.contact.mailbox, question.contact.phone)
        redactor = self.policy.redactor(question.message.jurisdiction)
        return redactor.redact_text(one_line(comment), known) or None
