"""Descriptions of the routes that read cases, for the OpenAPI document."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.dispatch.records import CaseDetails, ListedCase
from shared.contract.events import Data
from shared.runtime.http.calls import JSON
from shared.runtime.http.list_queries import BAD_CURSOR, PAGE
from shared.runtime.http.openapi import KEY_REFUSALS, Content, Operation, Parameter, problem
from shared.vocabulary import CaseStatus, PriorityLevel


class CaseList(Data):
    """A page of cases."""

    cases: list[ListedCase]
    """The cases, newest first."""
    next: str
    """The cursor for the next call."""
    more: bool
    """Whether there are older ones."""


_NUMBER = r"[+-]?\d{1,3}(\.\d{1,12})?"

LIST_CASES = Operation(
    "List cases, newest first, with an operator's key.",
    {
        200: Content("The next cases.", (JSON,), CaseList),
        422: problem("A parameter is wrong; errors name each."),
        **BAD_CURSOR,
        **KEY_REFUSALS,
    },
    query={
        **PAGE,
        "status": Parameter("Only cases of this status.", CaseStatus),
        "priority": Parameter("Only cases of this level.", PriorityLevel),
        "bureau": Parameter("Only cases that this bureau leads, by its code."),
        "kind": Parameter("Only cases of this kind, by its service_code."),
        "district": Parameter("Only cases in this district."),
        "q": Parameter(
            "Only cases of which one request has, in its text, address or tracking number, words "
            "that begin with all of these.",
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
