"""The fields of a page's form, and the photo that may come with them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from services.intake.http.callers import RefusedError
from shared.runtime.http.body import read_body
from shared.runtime.http.problem_details import problem_response

_MULTIPART = "multipart/form-data"
_MAX_FIELDS = 500
_MAX_TEXT_BYTES = 256 * 1024
"""All fields together without the photo: more than the longest report that is accepted."""
_PHOTO_WITHIN_S = 60.0
"""A photo of 4 MB over a slow mobile network takes half of that."""

TakePhoto: TypeAlias = Callable[[BodyPartReader], Awaitable[None]]
"""Reads the part with the photo to its end."""


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
        take_photo: Reads the photo; None leaves any file unread.

    Raises:
        RefusedError: It is no form in UTF-8, or has too many fields.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    try:
        if request.content_type == _MULTIPART:
            return PageForm.of(await _read_multipart(request, take_photo))
        body = (await read_body(request)).decode()
        return PageForm.of(parse_qsl(body, errors="strict", max_num_fields=_MAX_FIELDS))
    except (ValueError, RuntimeError, AssertionError, HttpProcessingError):
        raise RefusedError(problem_response(400, "Not a form", "Send the form again.")) from None


async def _read_multipart(
    request: web.Request, take_photo: TakePhoto | None
) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    left = _MAX_TEXT_BYTES
    try:
        async with asyncio.timeout(_PHOTO_WITHIN_S):
            reader = MultipartReader(request.headers, request.content)
            while isinstance(part := await reader.next(), BodyPartReader):
                if part.filename and take_photo:
                    await take_photo(part)
                elif part.filename is None:
                    content = await _read_field(part, left)
                    left -= len(content)
                    pairs.append((part.name or "", content.decode()))
                if len(pairs) > _MAX_FIELDS:
                    raise ValueError
    except TimeoutError:
        late = web.HTTPRequestTimeout()
        late.force_close()
        raise late from None
    return pairs


async def _read_field(part: BodyPartReader, most_bytes: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk():
        content += chunk
        if len(content) > most_bytes:
            raise ValueError
    return bytes(content)
