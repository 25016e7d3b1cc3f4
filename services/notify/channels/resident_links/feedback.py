"""The page behind the link "Is it fixed?" of a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple, TypeAlias

from aiohttp import web

from services.notify.channels.resident_links.links import (
    FORM_REFUSALS,
    HTML,
    LANGUAGE,
    LINK_REFUSALS,
    LinkReader,
    form_fields,
)
from services.notify.channels.resident_links.pages import BadLinkError, LinkPages
from services.notify.channels.resident_links.store import FixedQuestion, find_question, save_answer
from services.notify.policy import NotifyPolicy
from services.notify.rendering import one_line
from services.notify.rules.signed_links import PATHS
from shared.contract.events import Feedback, FeedbackGiven
from shared.redaction import KnownPii
from shared.runtime.clock import utc_now
from shared.runtime.http.calls import MAX_FORM_BYTES, URLENCODED, body_of
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import Content, Operation, documents
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


_Fault: TypeAlias = Literal["fixed", "comment"]

_PATH = f"{PATHS['feedback']}{{token}}"
_MAX_COMMENT = 4_000

_SHOW = Operation(
    "Ask whether a problem is fixed; changes nothing.",
    {200: Content("The page.", HTML), **LINK_REFUSALS},
    query=LANGUAGE,
)
_TAKE = Operation(
    "Take the answer; the same one again changes nothing.",
    {
        200: Content("It is taken.", HTML),
        **FORM_REFUSALS,
    },
    body=Content(
        "`fixed` is `yes` or `no`, `comment` what the person adds, at most 4,000 characters.",
        (URLENCODED,),
        dict[str, str],
        example={"fixed": "no", "comment": "The hole is half filled"},
    ),
    query=LANGUAGE,
)


class _Asked(NamedTuple):
    """A question, and the id of the message that asked it."""

    message: str
    question: FixedQuestion


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """Handlers of the page.

    Attributes:
        feedback: Finds questions and takes their answers.
    """

    pages: LinkPages
    reader: LinkReader
    feedback: FeedbackIntake

    async def show(self, request: web.Request) -> web.Response:
        """Ask the question."""
        asked = await self._asked(request)
        return self._form(request, asked.question, {})

    async def take(self, request: web.Request) -> web.Response:
        """Take the answer."""
        asked = await self._asked(request)
        fields = form_fields(await body_of(request, URLENCODED, max_bytes=MAX_FORM_BYTES))
        if fault := _fault_of(fields):
            return self._form(request, asked.question, fields, fault)
        answer = FixedAnswer(fields["fixed"] == "yes", fields.get("comment", "").strip())
        if not await Deadline().wait_for(self.feedback.take(asked.message, answer, utc_now())):
            raise BadLinkError("ended")
        return self._page(request, "feedback_done", asked.question, fixed=answer.fixed)

    async def _asked(self, request: web.Request) -> _Asked:
        """Return the question of a link.

        Raises:
            BadLinkError: The link is of no question, or too old.
        """
        message = self.reader.message_of(request, "feedback")
        question = await Deadline().wait_for(self.feedback.find(message))
        if question is None:
            raise BadLinkError("unknown")
        self.reader.require_live("feedback", question.asked_at)
        return _Asked(message, question)

    def _form(
        self,
        request: web.Request,
        question: FixedQuestion,
        fields: Mapping[str, str],
        fault: _Fault | None = None,
    ) -> web.Response:
        return self._page(
            request,
            "feedback",
            question,
            status=422 if fault else 200,
            fixed=fields.get("fixed", ""),
            comment=fields.get("comment", ""),
            fault=fault,
        )

    def _page(
        self,
        request: web.Request,
        template: str,
        question: FixedQuestion,
        status: int = 200,
        **variables: Any,  # noqa: ANN401 - whatever the template shows
    ) -> web.Response:
        return self.pages.page(
            template,
            jurisdiction=question.jurisdiction,
            language=self.pages.chosen_language(request, question.language),
            tracking_number=question.tracking_number,
            service_code=question.service_code,
            status=status,
            **variables,
        )


def feedback_routes(page: FeedbackPage) -> list[web.RouteDef]:
    """Return the routes of the page."""
    guarded = page.pages.guarded
    return [
        web.get(_PATH, documents(guarded(page.show), _SHOW)),
        web.post(_PATH, documents(guarded(page.take), _TAKE)),
    ]


def _fault_of(fields: Mapping[str, str]) -> _Fault | None:
    """Return the first field at fault; None for an answer."""
    if fields.get("fixed") not in {"yes", "no"}:
        return "fixed"
    return "comment" if len(fields.get("comment", "").strip()) > _MAX_COMMENT else None
