"""Answers to the question whether a problem is fixed, by the link in a message."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from services.notify.channels.resident_links.store import FixedQuestion, find_question, save_answer
from services.notify.policy import NotifyPolicy
from services.notify.rendering import one_line
from shared.contract.events import Feedback, FeedbackGiven
from shared.redaction import KnownPii
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Pool, transaction, translate_errors
from shared.runtime.sealing import Sealer


class FixedAnswer(NamedTuple):
    """An answer.

    Attributes:
        fixed: False when the person says that the problem is not fixed.
        comment: What the person adds; empty for nothing.
    """

    fixed: bool
    comment: str


@dataclass(frozen=True, slots=True)
class FeedbackIntake:
    """Finds questions and takes their answers.

    Attributes:
        pool: Notify's database.
        policy: Redacts what people write.
        sealer: Ours, which wraps the keys of people.
        on_commit: Called with the batches of each commit, to pass them to the relay.
    """

    pool: Pool
    policy: NotifyPolicy
    sealer: Sealer
    on_commit: HandOver

    async def find(self, notification_id: str) -> FixedQuestion | None:
        """Return the question of a message; None for a message without one."""
        with translate_errors():
            async with self.pool.acquire() as db:
                return await find_question(db, notification_id, self.sealer)

    async def take(self, notification_id: str, answer: FixedAnswer, now: datetime) -> bool:
        """Publish an answer; the same one again changes nothing.

        Args:
            notification_id: The message.
            answer: The answer.
            now: The present moment.

        Returns:
            False for a message without a question, or with too many answers.
        """
        digest = sha256(f"{answer.fixed} {answer.comment}".encode()).digest()
        async with transaction(self.pool) as db:
            question = await find_question(db, notification_id, self.sealer)
            if question is None:
                return False
            saved = await save_answer(db, notification_id, digest, now)
            if saved != "new":
                return saved == "repeated"
            batches = await enqueue(db, [self._event(question, answer, now)])
        self.on_commit(batches)
        return True

    def _event(self, question: FixedQuestion, answer: FixedAnswer, now: datetime) -> FeedbackGiven:
        redactor = self.policy.redactor(question.jurisdiction)
        contact = question.contact
        known = KnownPii(contact.name, contact.mailbox, contact.phone)
        feedback = Feedback(
            case_id=question.case_id,
            request_id=question.request_id,
            fixed=answer.fixed,
            comment=redactor.redact_text(one_line(answer.comment), known) or None,
            channel="web",
            at=now,
        )
        return FeedbackGiven.of(feedback, now=now, request=question.request_id)
