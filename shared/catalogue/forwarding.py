"""Forwarding of work orders to a bureau with a system of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from types import MappingProxyType
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from shared.catalogue.field_types import Entry, Text
from shared.email_address import normalize_email

_MAX_URL = 2_048
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Open311Forward:
    """A system that takes work orders as requests of Open311 GeoReport v2.

    Attributes:
        endpoint: Base URL, without a slash at its end and without ``/requests.json``.
        jurisdiction_id: Name of the city there; None where the endpoint serves one alone.
        service_codes: Its code for each of our kinds.
        api_key_env: Environment variable with the key of ``POST requests``.
    """

    endpoint: str
    jurisdiction_id: str | None
    service_codes: Mapping[str, str]
    api_key_env: str


@dataclass(frozen=True, slots=True)
class DigestForward:
    """A daily e-mail, due at a time of the city's clock."""

    email: str
    at: time


@dataclass(frozen=True, slots=True)
class ForwardTarget:
    """The system that a bureau's work orders go to; exactly one is set."""

    open311: Open311Forward | None
    digest: DigestForward | None


def _endpoint(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    is_base = not (parts.username or parts.password or parts.query or parts.fragment)
    is_plain = url.isascii() and url.isprintable() and not {" ", "\\"} & set(url)
    if not (parts.scheme in ("https", "http") and parts.hostname and is_base and is_plain):
        raise ValueError("write a base URL such as https://311.example.gov/open311/v2")
    if len(url) > _MAX_URL or url.endswith((".json", ".xml")):
        raise ValueError("write the base URL alone, without /requests.json")
    return url.rstrip("/")


def _mailbox(text: str) -> str:
    address = normalize_email(text)
    if address is None:
        raise ValueError("write one address such as crew@example.gov")
    return address


def _time_of_day(data: object) -> object:
    try:
        return time.fromisoformat(data if isinstance(data, str) else "")
    except ValueError:
        raise ValueError("write a time of day such as 07:00") from None


def _variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ValueError("write the name of an environment variable, such as DISPATCH_MOD_KEY")
    return name


class Open311ForwardEntry(Entry):
    """Fields of ``Open311Forward``."""

    endpoint: Annotated[str, AfterValidator(_endpoint)]
    jurisdiction_id: Text | None = None
    service_codes: dict[str, Text] = Field(min_length=1)
    api_key_env: Annotated[str, AfterValidator(_variable)]


class DigestForwardEntry(Entry):
    """Fields of ``DigestForward``."""

    email: Annotated[str, AfterValidator(_mailbox)]
    at: Annotated[time, BeforeValidator(_time_of_day)]


class ForwardEntry(Entry):
    """The system that a bureau's work orders go to: one of the two."""

    open311: Open311ForwardEntry | None = None
    digest: DigestForwardEntry | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.open311 is None) == (self.digest is None):
            raise ValueError("write either open311 or digest")
        return self


def build_forward(entry: ForwardEntry) -> ForwardTarget:
    """Return the target that a valid entry describes."""
    api, digest = entry.open311, entry.digest
    return ForwardTarget(
        None
        if api is None
        else Open311Forward(
            api.endpoint,
            api.jurisdiction_id,
            MappingProxyType(api.service_codes),
            api.api_key_env,
        ),
        None if digest is None else DigestForward(digest.email, digest.at),
    )
