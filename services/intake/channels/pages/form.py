"""The form of a page: its fields, and the photos that may come with them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from aiohttp import web
from multipart import MultipartSegment

from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.body import (
    MULTIPART,
    BodyTooLargeError,
    FormEvent,
    fields_of,
    read_body,
    receive_form,
    urlencoded_fields,
    values_by_name,
)
from shared.runtime.http.body_memory import begin_body
from shared.runtime.http.calls import MAX_FORM_BYTES, media_type_of
from shared.runtime.http.problem_details import problem_response

_MAX_FIELDS = 500
# All fields together without the photos: more than the longest report that is accepted.
_MAX_TEXT_BYTES = 256 * 1024
# Five of the largest photos; one that is too large is read as well, so that the page can say so.
_MAX_BODY_BYTES = 64 * 1024 * 1024
# Five photos of 4 MB over a slow mobile network take most of that; a script sends a tenth.
_PHOTOS_WITHIN_S = 180.0

# Takes the next bytes of a photo, told by the number of its file in the form.
TakePhoto: TypeAlias = Callable[[int, bytes], None]


@dataclass(frozen=True, slots=True)
class PageForm:
    """The fields of a form by name, without blank values."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Return the form of names and values."""
        return cls(values_by_name(pairs))

    def text(self, name: str) -> str:
        """Return the first value; empty without one."""
        return self.values.get(name, ("",))[0]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all values."""
        return self.values.get(name, ())

    def without(self, left_out: str) -> "PageForm":
        """Return the form without a field."""
        return PageForm({name: values for name, values in self.values.items() if name != left_out})


async def read_form(
    request: web.Request, take_photo: TakePhoto | None = None, max_bytes: int = MAX_FORM_BYTES
) -> PageForm:
    """Return the fields of a form; without ``take_photo`` files are left out.

    Raises:
        RefusedError: It is no form in UTF-8, is compressed or too large, or there is no room.
        web.HTTPRequestEntityTooLarge: A form without files is larger than ``max_bytes``.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    try:
        if media_type_of(request) == MULTIPART:
            return PageForm.of(await _read_multipart(request, take_photo))
        fields = urlencoded_fields(await read_body(request, max_bytes), _MAX_FIELDS)
        return PageForm.of([(name, value) for name, value in fields if value])
    except (ValueError, web.RequestPayloadError):
        raise RefusedError(problem_response(400, "Not a form", "Send the form again.")) from None


async def _read_multipart(
    request: web.Request, take_photo: TakePhoto | None
) -> list[tuple[str, str]]:
    starts: list[tuple[str, int]] = []
    buffer, in_file, files = begin_body(request), False, 0

    def take(event: FormEvent) -> None:
        nonlocal in_file, files
        if isinstance(event, MultipartSegment):
            in_file = event.filename is not None
            files += in_file
            if not in_file:
                starts.append((event.name, buffer.size))
        elif not in_file:
            if buffer.size + len(event) > _MAX_TEXT_BYTES:
                raise BodyTooLargeError
            buffer.extend(event)
        elif take_photo:
            take_photo(files, bytes(event))

    try:
        await receive_form(
            request,
            take,
            max_bytes=_MAX_BODY_BYTES,
            max_parts=_MAX_FIELDS,
            within_s=_PHOTOS_WITHIN_S,
        )
    except BodyTooLargeError:
        raise RefusedError(problem_response(413, "Too large", "Send less.")) from None
    return [(name, content.decode()) for name, content in fields_of(starts, buffer.take())]


UPLOADER = "web"
