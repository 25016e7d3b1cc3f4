"""Dead letters over HTTP, for operators: written once for every service that replays some."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import AwareDatetime, Field

from shared.contract.events import Data, FieldError
from shared.runtime.http import list_queries
from shared.runtime.http.authentication import Callers, RefusedError
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    json_response,
    validated,
)
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.staff import ROLE_HEADER, Actor, StaffText, staff_member
from shared.runtime.http.unknown_fields import read_fields
from shared.runtime.ops.audit import audit
from shared.runtime.recovery.own_letters import ListedLetter, OwnLetters, ReplayRefusal
from shared.runtime.recovery.replay import ReplayStatus
from shared.staff_roles import Role

PATH = "/v1/dead-letters"
_WITHIN_S = 8.0  # the broker is asked two or three times
_LIMIT, _MAX_LIMIT = 50, 100
_MAX_OFFSET = 2**63 - 1
_MAX_OFFSET_DIGITS = 19


class TopicOfLetters(Data):
    """A dead-letter topic with records."""

    topic: str
    """Its name."""
    letters: int
    """Number of its records, replayed ones and copies included."""


class LetterTopics(Data):
    """The dead-letter topics of this service that have records."""

    topics: list[TopicOfLetters]
    """The topics, by name."""


class Letter(Data):
    """A dead letter without its bytes."""

    topic: str
    """Dead-letter topic."""
    offset: int
    """Offset in it."""
    place: str
    """Both as `topic/partition/offset`, as `route311 dlq` writes it."""
    source: str
    """Place of the original."""
    standing: ReplayStatus
    """What became of it: waiting, replayed, came_back (dead-lettered again), erased."""
    parked_at: AwareDatetime
    """Time of dead-lettering."""
    service: str
    """Service that dead-lettered it."""
    code: str
    """Code of the reason."""
    reason: str
    """The reason; it names fields, never values."""
    size: int
    """Bytes of the value."""


class LetterPage(Data):
    """A page of dead letters."""

    letters: list[Letter]
    """The records, newest first."""
    next: str
    """Cursor of the next page."""
    more: bool
    """Whether there are older ones."""


class LetterBytes(Letter):
    """A dead letter with its bytes, which may hold contact data."""

    key: str
    """Key of the record."""
    headers: dict[str, str | None]
    """Headers of the original, as Latin-1."""
    value_base64: str
    """Value of the record."""


class Look(Data):
    """Order to show the bytes."""

    actor: Actor
    """Operator's name for the audit, 1 to 200 characters."""
    reason: StaffText
    """Reason for the audit, 1 to 4,000 characters."""


class ReplayOrder(Look):
    """Order to replay a dead letter."""

    again: bool = False
    """Also if it was dead-lettered again after an earlier replay."""


class ReplayedLetter(Data):
    """A replay."""

    place: str
    """Place of the dead letter."""
    topic: str
    """Topic to which the original goes."""


_REFUSALS: Mapping[ReplayRefusal, str] = {
    "replayed": "It was replayed before. A reader has handled it, or it comes back here.",
    "came_back": "It was dead-lettered again after a replay. Mend the fault, then send `again`.",
    "erased": "It holds the contact of a person who was erased. It is never replayed.",
    "replay_under_way": "Another replay is running. Retry when it has ended.",
}
_UNKNOWN = problem("This service has no such dead letter: unknown_letter.")
_PATH_PARAMETERS = {
    "topic": Parameter("Name of the dead-letter topic."),
    "offset": Parameter("Offset of the record.", Annotated[int, Field(ge=0, le=_MAX_OFFSET)]),
}
LIST_TOPICS = Operation(
    "List the dead-letter topics of this service that have records, as an operator.",
    {200: Content("The topics.", (JSON,), LetterTopics), **KEY_REFUSALS},
    security=("operator",),
)
LIST_LETTERS = Operation(
    "List the dead letters of a topic, newest first, as an operator.",
    {
        200: Content("A page of dead letters.", (JSON,), LetterPage),
        404: problem("This service replays no topic of this name: unknown_topic."),
        **list_queries.BAD_CURSOR,
        **list_queries.BAD_QUERY,
        **KEY_REFUSALS,
    },
    path={"topic": _PATH_PARAMETERS["topic"]},
    query={
        "after": list_queries.PAGE["after"],
        "limit": Parameter(
            f"Maximum entries; {_LIMIT} by default.", Annotated[int, Field(ge=1, le=_MAX_LIMIT)]
        ),
    },
    security=("operator",),
)
SHOW_LETTER = Operation(
    "Show a dead letter without its bytes, as an operator.",
    {200: Content("The dead letter.", (JSON,), Letter), 404: _UNKNOWN, **KEY_REFUSALS},
    path=_PATH_PARAMETERS,
    security=("operator",),
)
SHOW_BYTES = Operation(
    "Show a dead letter with its bytes, as a supervisor; the audit stream says who looked.",
    {
        200: Content("The dead letter.", (JSON,), LetterBytes),
        404: _UNKNOWN,
        409: problem("It holds the contact of a person who was erased: erased."),
        422: problem("Invalid body; errors name the fields."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("Who looks, and why.", (JSON,), Look),
    path=_PATH_PARAMETERS,
    headers=ROLE_HEADER,
    security=("operator",),
)
REPLAY_LETTER = Operation(
    "Replay a dead letter to the topic that it came from, unchanged, as a supervisor.",
    {
        200: Content("It will be published.", (JSON,), ReplayedLetter),
        404: _UNKNOWN,
        409: problem("Not replayed: replayed, came_back, erased or replay_under_way."),
        422: problem("Invalid body; errors name the fields."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("Who replays it, and why.", (JSON,), ReplayOrder),
    path=_PATH_PARAMETERS,
    headers=ROLE_HEADER,
    security=("operator",),
)


def letter_routes(callers: Callers, letters: OwnLetters) -> list[web.RouteDef]:
    """Return the routes."""
    return [*_reads(callers, letters), *_acts(callers, letters)]


def _reads(callers: Callers, letters: OwnLetters) -> list[web.RouteDef]:
    @answers_errors("Retry in a moment.")
    async def list_topics(request: web.Request) -> web.Response:
        await callers.operator(request)
        counts = await Deadline(_WITHIN_S).wait_for(letters.counts())
        topics = [TopicOfLetters(topic=name, letters=n) for name, n in counts.items()]
        return json_response({"topics": topics})

    @answers_errors("Retry in a moment.")
    async def list_letters(request: web.Request) -> web.Response:
        await callers.operator(request)
        topic = request.match_info["topic"]
        if topic not in letters.topics:
            detail = f"Take a topic from GET {PATH}/{letters.service}."
            raise RefusedError(problem_response(404, "No such topic", detail, code="unknown_topic"))
        faults: list[FieldError] = []
        limit = list_queries.number_in(request, "limit", _LIMIT, 1, _MAX_LIMIT, faults)
        before = list_queries.position_in(request, "letters", topic, faults, _MAX_OFFSET)
        list_queries.refuse_faults(faults)
        page = letters.page(topic, before, limit)
        found, oldest, more = await Deadline(_WITHIN_S).wait_for(page)
        following = list_queries.encode_cursor("letters", topic, oldest)
        return json_response({"letters": [*map(_shown, found)], "next": following, "more": more})

    @answers_errors("Retry in a moment.")
    async def show(request: web.Request) -> web.Response:
        await callers.operator(request)
        return json_response(_shown(await _found(request, letters)))

    path = f"{PATH}/{letters.service}"
    return [
        web.get(path, documents(list_topics, LIST_TOPICS)),
        web.get(f"{path}/{{topic}}", documents(list_letters, LIST_LETTERS)),
        web.get(f"{path}/{{topic}}/{{offset}}", documents(show, SHOW_LETTER)),
    ]


def _acts(callers: Callers, letters: OwnLetters) -> list[web.RouteDef]:
    @answers_errors("Retry in a moment.")
    async def show_bytes(request: web.Request) -> web.Response:
        operator = await staff_member(request, callers, Role.SUPERVISOR)
        look = validated(Look, await read_fields(request), code="invalid")
        found = await _found(request, letters)
        if found.status == "erased":
            raise _refused("erased")
        _audited("bytes_shown", found, operator, look)
        return json_response(_with_bytes(found))

    @answers_errors("Look first whether it is replayed.")
    async def replay(request: web.Request) -> web.Response:
        operator = await staff_member(request, callers, Role.SUPERVISOR)
        order = validated(ReplayOrder, await read_fields(request), code="invalid")
        found = await _found(request, letters)
        work = letters.replay(found.letter, again=order.again)
        if refusal := await Deadline(_WITHIN_S).wait_for(work):
            raise _refused(refusal)
        _audited("dead_letter_replayed", found, operator, order)
        letter = found.letter
        return json_response(ReplayedLetter(place=letter.position, topic=letter.original.topic))

    one = f"{PATH}/{letters.service}/{{topic}}/{{offset}}"
    return [
        web.post(f"{one}/bytes", documents(show_bytes, SHOW_BYTES)),
        web.post(f"{one}/replay", documents(replay, REPLAY_LETTER)),
    ]


async def _found(request: web.Request, letters: OwnLetters) -> ListedLetter:
    topic, offset = request.match_info["topic"], request.match_info["offset"]
    is_offset = offset.isascii() and offset.isdigit() and len(offset) <= _MAX_OFFSET_DIGITS
    found = None
    if topic in letters.topics and is_offset:
        found = await Deadline(_WITHIN_S).wait_for(letters.find(topic, int(offset)))
    if found:
        return found
    detail = f"Take both from GET {PATH}/{letters.service}/<topic>. Records are kept 30 days."
    raise RefusedError(problem_response(404, "No such dead letter", detail, code="unknown_letter"))


def _shown(listed: ListedLetter) -> dict[str, Any]:
    letter = listed.letter
    return {
        "topic": letter.position.partition("/")[0],
        "offset": letter.offset,
        "place": letter.position,
        "source": letter.source,
        "standing": listed.status,
        "parked_at": letter.parked_at,
        "service": letter.service,
        "code": letter.code,
        "reason": letter.reason,
        "size": letter.size,
    }


def _with_bytes(listed: ListedLetter) -> dict[str, Any]:
    original = listed.letter.original
    return _shown(listed) | {
        "key": original.key.decode("utf-8", "backslashreplace"),
        "headers": {
            name: None if value is None else value.decode("latin-1")
            for name, value in original.headers
        },
        "value_base64": b64encode(original.value or b"").decode(),
    }


def _audited(event: str, found: ListedLetter, operator: str, order: Look) -> None:
    letter = found.letter
    who = {"actor": order.actor, "operator": operator, "reason": order.reason}
    audit(event, record=letter.position, source=letter.source, **who)


def _refused(code: ReplayRefusal) -> RefusedError:
    return RefusedError(problem_response(409, "Not replayed", _REFUSALS[code], code=code))
