"""Query parameters that filter the list of cases."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from services.dispatch.records import CaseFilter, FilterBox
from shared.vocabulary import MAX_LATITUDE, MAX_LONGITUDE

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


class CaseQuery(CaseFilter):
    """Filter of a query, validated."""

    bureau: Annotated[str, AfterValidator(_known_bureau)] | None = None
    kind: Annotated[str, AfterValidator(_known_kind)] | None = None
    district: Text | None = None
    q: Annotated[Text, AfterValidator(_searchable)] | None = None
    bbox: Annotated[FilterBox, BeforeValidator(_box)] | None = None
