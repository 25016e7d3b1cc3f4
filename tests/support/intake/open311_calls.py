"""Calls of the Open311 endpoint, and their answers in either format."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import aiohttp
from lxml import etree

from tests.support.intake.http_client import ADAPTER, Response
from tests.support.waiting import eventually

BASE = "/open311/v2"
CITY = "portland.gov"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer(Response):
    """An answer in JSON or XML."""

    @property
    def content_type(self) -> str:
        return self.headers["Content-Type"]

    @property
    def xml(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def description(self) -> str:
        """The descriptions of all errors."""
        return "\n".join(error["description"] for error in self.json)


async def read(
    client: aiohttp.ClientSession, path: str, method: str = "GET", **query: str
) -> Answer:
    """Call a path below the endpoint; the city is given unless it is blank."""
    query.setdefault("jurisdiction_id", CITY)
    params = {name: value for name, value in query.items() if value}
    async with client.request(method, f"{BASE}/{path}", params=params) as response:
        return await Answer.of(response)


async def send(
    client: aiohttp.ClientSession,
    fields: Mapping[str, str | Sequence[str]] | bytes,
    *,
    output: str = "json",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Post a form; fields replace or, when blank, take away those of a usual one."""
    body = fields if isinstance(fields, bytes) else urlencode(form(**fields), doseq=True).encode()
    return await _post_form(client, f"requests.{output}", body, headers)


async def send_update(
    client: aiohttp.ClientSession, *, output: str = "json", **fields: str
) -> Answer:
    """Post the form of an update; a blank field is not sent."""
    usual = {"api_key": ADAPTER, "jurisdiction_id": CITY, "description": "It is still there"}
    body = urlencode({name: value for name, value in (usual | fields).items() if value}).encode()
    return await _post_form(client, f"servicerequestupdates.{output}", body)


async def _post_form(
    client: aiohttp.ClientSession,
    path: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    sent = {"Content-Type": FORM} | dict(headers or {})
    async with client.post(f"{BASE}/{path}", data=BytesIO(body), headers=sent) as response:
        return await Answer.of(response)


def form(**fields: str | Sequence[str]) -> dict[str, str | Sequence[str]]:
    usual: dict[str, str | Sequence[str]] = {
        "api_key": ADAPTER,
        "jurisdiction_id": CITY,
        "service_code": "ROW-POTHOLE",
        "lat": "45.51904",
        "long": "-122.67932",
        "description": "A small pothole",
    }
    return {name: value for name, value in (usual | fields).items() if value}


async def public_id_of(client: aiohttp.ClientSession, **fields: str | Sequence[str]) -> str:
    """Hand a request in; return the id by which everybody may know it."""
    return str((await _accepted(client, fields))["service_request_id"])


async def number_of(client: aiohttp.ClientSession, **fields: str | Sequence[str]) -> str:
    """Hand a request in; return its tracking number, from the link of its reporter."""
    [number] = re.findall(r"/track/([\w-]+)", (await _accepted(client, fields))["service_notice"])
    return str(number)


async def _accepted(
    client: aiohttp.ClientSession, fields: Mapping[str, str | Sequence[str]]
) -> dict[str, Any]:
    async def answered() -> Answer | None:
        answer = await send(client, fields)
        return None if answer.status == HTTPStatus.SERVICE_UNAVAILABLE else answer

    answer = await eventually(answered)  # a busy machine may miss the deadline
    assert answer
    assert answer.status == 200, answer.body
    [accepted] = answer.json
    return dict(accepted)


def ids(answer: Answer) -> list[str]:
    """The numbers of the requests in a list, in order."""
    assert answer.status == 200, answer.body
    return [request["service_request_id"] for request in answer.json]


def stamp(moment: datetime) -> str:
    """A moment as a parameter and as an element."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
