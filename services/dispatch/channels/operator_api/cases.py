"""Cases over HTTP: lists for operators, and one with its history."""

import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from services.dispatch.ports import DispatchPorts
from services.dispatch.records.answers import (
    CaseCounts,
    CaseFilter,
    CaseOrder,
    CasePosition,
    FilterBox,
)
from services.dispatch.records.views import CaseDetails, ListedCase
from shared.contract.events import Data, FieldError
from shared.runtime.http import list_queries
from shared.runtime.http.authentication import BUREAU, OPERATOR, RefusedError
from shared.runtime.http.calls import JSON, answers_errors, field_errors, json_response
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.vocabulary import (
    MAX_LATITUDE,
    MAX_LONGITUDE,
    CaseStatus,
    PriorityLevel,
    SubmissionChannel,
    primary_subtag,
)


class CaseList(Data):
    """A page of cases."""

    cases: list[ListedCase]
    """The cases in the order asked for."""
    next: str
    """Cursor of the next page."""
    more: bool
    """Whether more cases follow."""
    total: int | None = None
    """Number of the cases of all pages; with ``counts=true`` alone."""
    by: CaseCounts | None = None
    """The same by level and by status."""


_NUMBER = r"[+-]?\d{1,3}(\.\d{1,12})?"
_FLAG = Literal["true", "false"]

LIST_CASES = Operation(
    "List cases, with an operator's key.",
    {
        200: Content("A page of cases.", (JSON,), CaseList),
        422: problem("A parameter is invalid; errors name each."),
        **list_queries.BAD_CURSOR,
        **KEY_REFUSALS,
    },
    query={
        **list_queries.PAGE,
        "order": Parameter(
            "newest by default. urgent: by level, then those that nobody has acknowledged, then by "
            "the next deadline. due: by the next deadline.",
            CaseOrder,
        ),
        "counts": Parameter("Whether to add total and by, over all pages.", _FLAG),
        "status": Parameter("Only cases of these statuses.", list[CaseStatus]),
        "priority": Parameter("Only cases of these levels.", list[PriorityLevel]),
        "bureau": Parameter("Only cases that these bureaus lead, by code.", list[str]),
        "kind": Parameter("Only cases of these kinds, by service_code.", list[str]),
        "district": Parameter("Only cases in these districts.", list[str]),
        "assignee": Parameter("Only cases of these members of staff, by name.", list[str]),
        "language": Parameter("Only cases with a request in these languages.", list[str]),
        "channel": Parameter(
            "Only cases with a request by these channels.", list[SubmissionChannel]
        ),
        "surge": Parameter("Only cases of these surges, by id.", list[UUID]),
        "q": Parameter(
            "Only cases with a request whose text, address or tracking number has words that "
            "begin with all of these.",
            Annotated[str, Field(min_length=1, max_length=200)],
        ),
        "bbox": Parameter(
            "Only cases inside west,south,east,north, in degrees.",
            Annotated[str, Field(pattern=rf"^{_NUMBER}(,{_NUMBER}){{3}}$")],
        ),
        "since": Parameter("Only cases first reported then or later.", AwareDatetime),
        "until": Parameter("Only cases first reported before then.", AwareDatetime),
        "overdue": Parameter(
            "Only cases whose lead has missed its next deadline, or has not.", _FLAG
        ),
        "unsure": Parameter("Only cases whose kind is unsure, or is not.", _FLAG),
        "held": Parameter("Only cases that are held now, or are not.", _FLAG),
    },
    security=("operator",),
)
READ_CASE = Operation(
    "Read a case with its history, with an operator's key or that of a bureau with a work order.",
    {
        200: Content("The case.", (JSON,), CaseDetails),
        404: problem("There is no such case, or the bureau has no work order of it: unknown_case."),
        **KEY_REFUSALS,
    },
    security=("operator", "bureau"),
)


_MAX_VALUES = 100  # of one filter
Text: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
]


@dataclass(frozen=True, slots=True)
class KnownCodes:
    """Codes that a filter may name; the context of its validation."""

    bureaus: Collection[str]
    kinds: Collection[str]


def _box(text: str) -> FilterBox:
    try:
        box = FilterBox(*map(float, text.split(",")))
    except (TypeError, ValueError):
        box = FilterBox(*[math.nan] * 4)
    if (
        -MAX_LONGITUDE <= box.west <= box.east <= MAX_LONGITUDE
        and -MAX_LATITUDE <= box.south <= box.north <= MAX_LATITUDE
    ):
        return box
    raise PydanticCustomError(
        "bad_bbox", "Write west,south,east,north in degrees, with west at most east."
    )


def _known_bureau(code: str, info: ValidationInfo[KnownCodes]) -> str:
    if code in info.context.bureaus:
        return code
    raise PydanticCustomError("unknown_bureau", "Write the code of a bureau of the catalogue.")


def _known_kind(code: str, info: ValidationInfo[KnownCodes]) -> str:
    if code in info.context.kinds:
        return code
    raise PydanticCustomError("unknown_kind", "Write the code of a kind of the catalogue.")


def _searchable(text: str) -> str:
    if re.search(r"\w", text):
        return text
    raise PydanticCustomError("no_words", "Write words, an address or a tracking number.")


def _parts(text: object) -> object:
    return text.split(",") if isinstance(text, str) else text


def _flag(text: object) -> bool:
    if text in {"true", "false"}:
        return text == "true"
    raise PydanticCustomError("bad_flag", "Write true or false.")


_Flag: TypeAlias = Annotated[bool | None, BeforeValidator(_flag)]
_T = TypeVar("_T")
_Of: TypeAlias = Annotated[
    Annotated[tuple[_T, ...], Field(max_length=_MAX_VALUES)] | None, BeforeValidator(_parts)
]


class CaseQuery(CaseFilter):
    """Filter of a query, validated; a list is separated by commas."""

    order: CaseOrder = "newest"
    counts: _Flag = None
    status: _Of[CaseStatus] = None
    priority: _Of[PriorityLevel] = None
    bureau: _Of[Annotated[str, AfterValidator(_known_bureau)]] = None
    kind: _Of[Annotated[str, AfterValidator(_known_kind)]] = None
    district: _Of[Text] = None
    assignee: _Of[Text] = None
    language: _Of[Annotated[Text, AfterValidator(primary_subtag)]] = None
    channel: _Of[SubmissionChannel] = None
    surge: _Of[UUID] = None
    q: Annotated[Text, AfterValidator(_searchable)] | None = None
    bbox: Annotated[FilterBox, BeforeValidator(_box)] | None = None
    overdue: _Flag = None
    unsure: _Flag = None
    held: _Flag = None


def case_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the routes by which operators and bureaus read cases."""
    codes = KnownCodes(core.access.bureaus, core.policy.kind_codes)

    @answers_errors("Retry in a moment with the same cursor.")
    async def read_list(request: web.Request) -> web.Response:
        await core.access.callers.operator(request)
        faults: list[FieldError] = []
        limit = list_queries.number_in(
            request, "limit", list_queries.DEFAULT_LIMIT, 1, list_queries.MAX_LIMIT, faults
        )
        wanted = _query_in(request, codes, faults)
        after = _position_in(request, wanted.order, faults)
        list_queries.refuse_faults(faults)
        counts = wanted.counts or False
        found = core.cases(wanted, after, limit, counts=counts)
        cases, page = await Deadline().wait_for(found)
        shown: dict[str, Any] = {"cases": cases, "next": _cursor(page.last), "more": page.more}
        if page.counts:
            shown |= {"total": sum(page.counts.status.values()), "by": page.counts}
        return json_response(shown)

    @answers_errors("Retry in a moment.")
    async def read_one(request: web.Request) -> web.Response:
        caller = await core.access.callers.caller(request, OPERATOR, BUREAU)
        bureau = caller.name if caller.scope == BUREAU else None
        found = await Deadline().wait_for(core.case(request.match_info["case_id"], bureau))
        if found is None:
            detail = "There is no case with this id, or you have no work order of it."
            raise RefusedError(problem_response(404, "No such case", detail, code="unknown_case"))
        return json_response(found)

    return [
        web.get("/v1/cases", documents(read_list, LIST_CASES)),
        web.get("/v1/cases/{case_id}", documents(read_one, READ_CASE)),
    ]


def _query_in(request: web.Request, codes: KnownCodes, faults: list[FieldError]) -> CaseQuery:
    """Return the filter and order of a query; those of no query when it has faults."""
    try:
        return CaseQuery.model_validate(dict(request.query), context=codes)
    except ValidationError as error:
        faults += [
            fault.model_copy(update={"field": fault.field.partition(".")[0]})  # of a list's entry
            for fault in field_errors(error)
        ]
        return CaseQuery()


def _position_in(request: web.Request, order: CaseOrder, faults: list[FieldError]) -> CasePosition:
    """Return the position after which a page begins; an invalid cursor is added to ``faults``."""
    cursor = request.query.get("after")
    if cursor is None:
        return CasePosition.start(order)
    with suppress(ValueError):
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        position = CasePosition.model_validate_json(urlsafe_b64decode(padded))
        if position.order == order and _cursor(position) == cursor:
            return position
    advice = "Send next of an earlier page with the same order as after, or omit it."
    faults.append(FieldError(field="after", code="bad_cursor", message=advice))
    return CasePosition.start(order)


def _cursor(position: CasePosition) -> str:
    return urlsafe_b64encode(position.model_dump_json().encode()).decode().rstrip("=")
