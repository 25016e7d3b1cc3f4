"""The fields of a page's form, and the photo that may come with them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias
from urllib.parse import parse_qsl

from aiohttp import web

from services.intake.http.callers import RefusedError
from services.intake.http.multipart_form import MULTIPART, read_parts
from services.intake.http.picture_body import picture_refusal
from services.intake.rules.media import MAX_BYTES, RefusedPictureError
from shared.runtime.http.body import read_body
from shared.runtime.http.problem_details import problem_response

_MAX_FIELDS = 500
_MAX_TEXT_BYTES = 256 * 1024
"""All fields together without the photo: more than the longest report that is accepted."""
_MAX_BYTES = 3 * MAX_BYTES
"""A photo that is too large to be kept shall not cost what was written beside it."""

_PHOTO_WITHIN_S = 60.0
"""A photo of 4 MB over a slow mobile network takes half of that."""

TakePhoto: TypeAlias = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PageForm:
    """The fields of a form by name, without blank values.

    Attributes:
        values: Every value of each field, in order.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Return the form of names and values."""
        values: dict[str, tuple[str, ...]] = {}
        for name, value in pairs:
            if text := value.strip():
                values[name] = (*values.get(name, ()), text)
        return cls(values)

    def text(self, name: str) -> str:
        """Return the first value; empty without one."""
        return self.values.get(name, ("",))[0]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all values."""
        return self.values.get(name, ())

    def pairs(self) -> list[tuple[str, str]]:
        """Return names and values, in order."""
        return [(name, value) for name, values in self.values.items() for value in values]


async def read_form(request: web.Request, take_photo: TakePhoto | None = None) -> PageForm:
    """Return the fields of a form.

    Args:
        request: The call.
        take_photo: Takes the photo; None leaves any file out.

    Raises:
        RefusedError: It is no form in UTF-8, or has too many fields or bytes.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    try:
        if request.content_type == MULTIPART:
            return PageForm.of(await _read_multipart(request, take_photo))
        body = (await read_body(request)).decode()
        return PageForm.of(parse_qsl(body, errors="strict", max_num_fields=_MAX_FIELDS))
    except RefusedPictureError as refused:
        raise picture_refusal(refused) from None
    except ValueError:
        raise RefusedError(problem_response(400, "Not a form", "Send the form again.")) from None


async def _read_multipart(
    request: web.Request, take_photo: TakePhoto | None
) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    parts = await read_parts(
        request, max_bytes=_MAX_BYTES, max_parts=_MAX_FIELDS, within_s=_PHOTO_WITHIN_S
    )
    if sum(len(one.content) for one in parts if one.file_name is None) > _MAX_TEXT_BYTES:
        raise ValueError
    for part in parts:
        if part.file_name is None:
            pairs.append((part.name, part.content.decode()))
        elif part.file_name and take_photo:
            await take_photo(part.content)
    return pairs
