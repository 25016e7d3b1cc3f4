"""Filter of the list of cases, as the query of a call gives it."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from shared.vocabulary import MAX_LATITUDE, MAX_LONGITUDE, CaseStatus, PriorityLevel

Text: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
]
_TRACKING_NUMBER = re.compile(r"\d\d[- ][0-9A-Z]{4}[- ][0-9A-Z]{2,}", re.IGNORECASE)
_WORD = re.compile(r"[^\s\-./_'\\]+")
"""Separators are those of the index, and what has a meaning in a text search query."""


class FilterBox(NamedTuple):
    """A box in WGS 84 degrees, bounds included.

    Attributes:
        west: Longitude of its left side.
        south: Latitude of its lower side.
        east: Longitude of its right side, not less than ``west``.
        north: Latitude of its upper side, not less than ``south``.
    """

    west: float
    south: float
    east: float
    north: float


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
        "bad_bbox", "Write west,south,east,north in degrees, west not east of east."
    )


def _known_bureau(code: str, info: ValidationInfo[KnownCodes]) -> str:
    if code in info.context.bureaus:
        return code
    raise PydanticCustomError("unknown_bureau", "Write the code of a bureau, as the catalogue has.")


def _known_kind(code: str, info: ValidationInfo[KnownCodes]) -> str:
    if code in info.context.kinds:
        return code
    raise PydanticCustomError("unknown_kind", "Write the code of a kind, as the catalogue has it.")


def _searchable(text: str) -> str:
    if re.search(r"\w", text):
        return text
    raise PydanticCustomError("no_words", "Write words, an address or a tracking number.")


class CaseFilter(BaseModel):
    """Conditions of a list of cases, all of which hold; None for no condition.

    Attributes:
        q: Words of one of its requests, or a tracking number.
        overdue: Whether its lead has missed the next deadline.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    status: CaseStatus | None = None
    priority: PriorityLevel | None = None
    bureau: Annotated[str, AfterValidator(_known_bureau)] | None = None
    kind: Annotated[str, AfterValidator(_known_kind)] | None = None
    district: Text | None = None
    q: Annotated[Text, AfterValidator(_searchable)] | None = None
    bbox: Annotated[FilterBox, BeforeValidator(_box)] | None = None
    surge: UUID | None = None
    overdue: Literal["true", "false"] | None = None


def search_query(text: str) -> str:
    """Return PostgreSQL's text search query for the beginnings of all words of a text.

    A tracking number is one word, as in the index; all numbers of a year begin alike.
    """
    words = _WORD.findall(text)
    if _TRACKING_NUMBER.fullmatch(text.strip()):
        words = ["".join(words)]
    return " & ".join(f"'{word}':*" for word in words)
