"""Cases over HTTP: lists for operators, and one with its history."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from aiohttp import web
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from services.dispatch.ports import DispatchPorts
from services.dispatch.records import CaseDetails, CaseFilter, FilterBox, ListedCase
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
from shared.vocabulary import MAX_LATITUDE, MAX_LONGITUDE, CaseStatus, PriorityLevel


class CaseList(Data):
    """A page of cases."""

    cases: list[ListedCase]
    """The cases, newest first."""
    next: str
    """Cursor of the next page."""
    more: bool
    """Whether there are older cases."""


_NUMBER = r"[+-]?\d{1,3}(\.\d{1,12})?"

LIST_CASES = Operation(
    "List cases, newest first, with an operator's key.",
    {
        200: Content("A page of cases.", (JSON,), CaseList),
        422: problem("A parameter is invalid; errors name each."),
        **list_queries.BAD_CURSOR,
        **KEY_REFUSALS,
    },
    query={
        **list_queries.PAGE,
        "status": Parameter("Only cases of this status.", CaseStatus),
        "priority": Parameter("Only cases of this level.", PriorityLevel),
        "bureau": Parameter("Only cases that this bureau leads, by its code."),
        "kind": Parameter("Only cases of this kind, by its service_code."),
        "district": Parameter("Only cases in this district."),
        "q": Parameter(
            "Only cases with a request whose text, address or tracking number has words that "
            "begin with all of these.",
            Annotated[str, Field(min_length=1, max_length=200)],
        ),
        "bbox": Parameter(
            "Only cases inside west,south,east,north, in degrees.",
            Annotated[str, Field(pattern=rf"^{_NUMBER}(,{_NUMBER}){{3}}$")],
        ),
        "surge": Parameter("Only cases of this surge, by its id.", UUID),
        "overdue": Parameter(
            "Only cases whose lead has missed its next deadline, or has not.",
            Literal["true", "false"],
        ),
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


class CaseQuery(CaseFilter):
    """Filter of a query, validated."""

    bureau: Annotated[str, AfterValidator(_known_bureau)] | None = None
    kind: Annotated[str, AfterValidator(_known_kind)] | None = None
    district: Text | None = None
    q: Annotated[Text, AfterValidator(_searchable)] | None = None
    bbox: Annotated[FilterBox, BeforeValidator(_box)] | None = None


# Stands for the bureau in the cursors of the list, which is about all of them.
_ALL = "all"
_NEWEST = 2**128 - 1


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
        last = list_queries.position_in(request, "cases", _ALL, faults, otherwise=_NEWEST)
        wanted = _filter_in(request, codes, faults)
        list_queries.refuse_faults(faults)
        cases, more = await Deadline().wait_for(core.cases(wanted, UUID(int=last), limit))
        cursor = list_queries.encode_cursor(
            "cases", _ALL, UUID(cases[-1].case_id).int if cases else last
        )
        return json_response(CaseList(cases=list(cases), next=cursor, more=more))

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


def _filter_in(request: web.Request, codes: KnownCodes, faults: list[FieldError]) -> CaseQuery:
    """Return the filter in a query; an empty one when it has faults."""
    try:
        return CaseQuery.model_validate(dict(request.query), context=codes)
    except ValidationError as error:
        faults += field_errors(error)
        return CaseQuery()
