"""The form of a call: urlencoded, or multipart with pictures."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from math import isfinite
from typing import Self

from aiohttp import web

from services.intake.channels.open311.responses import bad_request, not_found
from services.intake.channels.open311.schema import MAX_PICTURES
from services.intake.pictures import MAX_BYTES, RefusedPictureError
from shared.catalogue import Jurisdiction
from shared.runtime.http.authentication import is_known
from shared.runtime.http.body import (
    MULTIPART,
    BodyTooLargeError,
    NoFormError,
    read_body,
    read_parts,
    urlencoded_fields,
    values_by_name,
)
from shared.runtime.http.body_memory import BodyBuffer
from shared.runtime.http.calls import MAX_FORM_BYTES, URLENCODED, media_type_of
from shared.vocabulary import END_OF_TIME, START_OF_TIME

PICTURE_FIELDS = frozenset({"media", "media[]"})
_MAX_FIELDS = 500


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and pictures of a form."""

    fields: Sequence[tuple[str, str]]
    pictures: Sequence[bytes] = ()


def has_pictures(request: web.Request) -> bool:
    """Return True for a form that may hold pictures."""
    return media_type_of(request) == MULTIPART


async def read_form(request: web.Request, buffer: BodyBuffer | None = None) -> Form:
    """Return the form in the body of a request; it is empty without a body.

    No form in UTF-8, or too many fields or pictures, is an ``Open311Error``; no room is a
    ``RefusedError``. With pictures it has at most 10 MiB (``RefusedPictureError``), else 1 MiB, or
    128 KiB with its key in the form alone (413).
    """
    if has_pictures(request):
        return await _read_multipart(request, buffer)
    if media_type_of(request) != URLENCODED and request.can_read_body:
        raise bad_request(f"Send Content-Type: {URLENCODED}, or {MULTIPART} with pictures.")
    most = None if is_known(request) else MAX_FORM_BYTES
    return Form(parse_urlencoded(await read_body(request, most)))


def parse_urlencoded(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form in UTF-8, 500 at most, or raise ``Open311Error``."""
    try:
        return [(name, value) for name, value in urlencoded_fields(body, _MAX_FIELDS) if value]
    except ValueError:
        raise bad_request(f"Send a form in UTF-8 with at most {_MAX_FIELDS} fields.") from None


async def _read_multipart(request: web.Request, buffer: BodyBuffer | None) -> Form:
    try:
        parts = await read_parts(
            request, max_bytes=MAX_BYTES, max_parts=_MAX_FIELDS + MAX_PICTURES + 1, buffer=buffer
        )
        form = Form(
            [(one.name, one.content.decode()) for one in parts if one.name not in PICTURE_FIELDS],
            [one.content for one in parts if one.name in PICTURE_FIELDS and one.content],
        )
    except UnicodeDecodeError:
        raise bad_request("Send texts in UTF-8, and pictures in the field media.") from None
    except BodyTooLargeError:
        raise RefusedPictureError("too_many_bytes") from None
    except NoFormError:
        advice = f"Send {MULTIPART} with a boundary and at most {_MAX_FIELDS} fields."
        raise bad_request(advice) from None
    if len(form.pictures) > MAX_PICTURES:
        raise bad_request(f"media: send at most {MAX_PICTURES} pictures.")
    if len(form.fields) > _MAX_FIELDS:
        raise bad_request(f"Send a form with at most {_MAX_FIELDS} fields.")
    return form


MAX_COUNT = 999_999_999
# 500 of a form, and those of the query.
_MAX_PARAMETERS = 600
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+ -]\d\d:\d\d)")
_ADVICE_MOMENT = "write a moment with its offset, such as 2026-11-24T08:10:00Z."
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]+)\](\[\d*\])?")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters by name, without blank ones."""

    values: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Return the parameters of names and values, 600 at most, or raise ``Open311Error``."""
        few = list(islice(pairs, _MAX_PARAMETERS + 1))
        if len(few) > _MAX_PARAMETERS:
            raise bad_request(f"Send at most {_MAX_PARAMETERS} parameters.")
        return cls(values_by_name(few))

    def text(self, name: str) -> str | None:
        """Return the first value; None without one."""
        return self.values.get(name, (None,))[0]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the different entries of a list with commas."""
        parts = (part.strip() for value in self.values.get(name, ()) for part in value.split(","))
        return tuple(dict.fromkeys(filter(None, parts)))

    def number(self, name: str) -> float | None:
        """Return a finite number, None without one, or raise ``Open311Error``."""
        text = self.text(name)
        number = None if text is None else number_of(text)
        if text is not None and number is None:
            raise bad_request(f"{name}: write a number, such as 45.5152.")
        return number

    def count(self, name: str, default: int) -> int:
        """Return a whole number from 1 to ``MAX_COUNT``, or raise ``Open311Error``."""
        text = self.text(name)
        if text is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", text) or not int(text):
            raise bad_request(f"{name}: write a whole number from 1 to {MAX_COUNT:,}.")
        return int(text)

    def moment(self, name: str) -> datetime | None:
        """Return a moment in UTC, None without one, or raise ``Open311Error``."""
        text = self.text(name)
        moment = None if text is None else moment_of(text)
        if text is not None and moment is None:
            raise bad_request(f"{name}: {_ADVICE_MOMENT}")
        return moment

    def attributes(self) -> dict[str, list[str]]:
        """Return the values of ``attribute[CODE]`` and ``attribute[CODE][]`` by code."""
        found: dict[str, list[str]] = {}
        for name, values in self.values.items():
            if match := _ATTRIBUTE.fullmatch(name):
                found.setdefault(match[1], []).extend(values)
        return found


def number_of(text: str) -> float | None:
    """Return the finite number that a text is, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def moment_of(text: str) -> datetime | None:
    """Return the moment that a text is, UTC; None for another text or without an offset.

    A blank is read as the ``+`` that it was in a query.
    """
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return min(max(moment, START_OF_TIME), END_OF_TIME)


def jurisdiction_of(
    parameters: Parameters, jurisdictions: Mapping[str, Jurisdiction]
) -> Jurisdiction:
    """Return the city of a call, or raise ``Open311Error``; a single one need not be named."""
    name = parameters.text("jurisdiction_id")
    known = ", ".join(sorted(jurisdictions))
    if name is None and len(jurisdictions) > 1:
        raise bad_request(f"jurisdiction_id is missing: write one of {known}.")
    city = jurisdictions.get(name) if name else next(iter(jurisdictions.values()))
    if city is None:
        raise not_found(f"jurisdiction_id was not found: write one of {known}.")
    return city
