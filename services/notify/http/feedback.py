"""The page behind the link "Is it fixed?" of a message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from aiohttp import web

from services.notify.feedback import FeedbackIntake, FixedAnswer
from services.notify.http.pages import LinkPages, chosen_language
from services.notify.rules.signed_links import PATHS, SignedLinks
from services.notify.store.feedback import FixedQuestion
from shared.runtime.clock import utc_now
from shared.runtime.http.addresses import Network, address_of
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.calls import URLENCODED, body_of
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import RETRY_AFTER, Content, Operation, Parameter, documents
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE

_Fault: TypeAlias = Literal["fixed", "comment"]

_PATH = f"{PATHS['feedback']}{{token}}"
_MAX_COMMENT = 4_000
_MAX_FIELDS = 20
_PER_SECOND = 20.0
_BURST_S = 5.0

_HTML = ("text/html",)
_OTHERS: Mapping[int, Content] = {
    404: Content("The link is of no message.", _HTML),
    429: Content("The address calls too often.", _HTML),
    503: Content("It cannot be answered at the moment.", _HTML, headers=RETRY_AFTER),
}
_LANGUAGE = {"lang": Parameter("Language of the page; that of the message where it is missing.")}
_SHOW = Operation(
    "Ask whether a problem is fixed; changes nothing.",
    {200: Content("The page.", _HTML), **_OTHERS},
    query=_LANGUAGE,
)
_TAKE = Operation(
    "Take the answer; the same one again changes nothing.",
    {
        200: Content("It is taken.", _HTML),
        400: Content("It is no form.", _HTML),
        408: Content("It did not arrive in time."),
        413: Content("It is larger than 1 MiB.", _HTML),
        415: Content("It is of another type.", _HTML),
        422: Content("Fields are wrong; the page shows which and why.", _HTML),
        **_OTHERS,
    },
    body=Content(
        "`fixed` is `yes` or `no`, `comment` what the person adds, at most 4,000 characters.",
        (URLENCODED,),
        dict[str, str],
        example={"fixed": "no", "comment": "The hole is half filled"},
    ),
    query=_LANGUAGE,
)


class _Asked(NamedTuple):
    """A question, and the id of the message that asked it."""

    message: str
    question: FixedQuestion


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """Handlers of the page.

    Attributes:
        pages: Renders pages.
        links: Reads the links.
        feedback: Finds questions and takes their answers.
        proxies: Networks of trusted reverse proxies.
        by_address: Limits how often an address calls.
    """

    pages: LinkPages
    links: SignedLinks
    feedback: FeedbackIntake
    proxies: Sequence[Network]
    by_address: TokenBuckets = field(
        default_factory=lambda: TokenBuckets(_PER_SECOND, burst_s=_BURST_S)
    )

    async def show(self, request: web.Request) -> web.Response:
        """Ask the question."""
        asked = await self._asked(request)
        return self._form(request, asked.question, {}) if asked else self._unknown()

    async def take(self, request: web.Request) -> web.Response:
        """Take the answer."""
        asked = await self._asked(request)
        if asked is None:
            return self._unknown()
        fields = _fields(await body_of(request, URLENCODED))
        if fault := _fault_of(fields):
            return self._form(request, asked.question, fields, fault)
        answer = FixedAnswer(fields["fixed"] == "yes", fields.get("comment", "").strip())
        await Deadline().wait_for(self.feedback.take(asked.message, answer, utc_now()))
        return self._page(request, "feedback_done", asked.question, fixed=answer.fixed)

    async def _asked(self, request: web.Request) -> _Asked | None:
        if not self.by_address.try_take(address_of(request, self.proxies)):
            raise RefusedError(ADDRESS_RATE.response())
        message = self.links.notification("feedback", request.match_info["token"])
        if message is None:
            return None
        question = await Deadline().wait_for(self.feedback.find(message))
        return _Asked(message, question) if question else None

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
            language=chosen_language(request, question.language),
            tracking_number=question.tracking_number,
            service_code=question.service_code,
            status=status,
            **variables,
        )

    def _unknown(self) -> web.Response:
        return self.pages.plain("unknown", 404)


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


def _fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form.

    Raises:
        RefusedError: It is none.
    """
    try:
        return dict(
            parse_qsl(
                body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
            )
        )
    except ValueError:
        detail = "Send the form of the page."
        raise RefusedError(problem_response(400, "Not a form", detail)) from None
