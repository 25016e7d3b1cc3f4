"""No value that comes in by any way is in a log, and none of them is in an answer."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import urlencode

import aiohttp
import pytest
from PIL import ExifTags, Image
from structlog.testing import capture_logs

from shared.runtime.ops.audit import RefusalLog
from tests.integration.intake.conftest import Running
from tests.support.intake.browser import visit
from tests.support.intake.http_client import ADAPTER, call, plain
from tests.support.intake.media import upload
from tests.support.intake.open311_calls import BASE, CITY, FORM, form, number_of
from tests.support.intake.sms_gateway import SETTINGS
from tests.support.intake.sms_gateway import form as text_of
from tests.support.intake.sms_gateway import send as send_text
from tests.support.pictures import encoded
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

NAME = "Quimberly"
MAIL, PHONE = "quimberly@canary.example.org", "+15035550142"
WORDS = f"{NAME} lives here, write to {MAIL} or call {PHONE}"
CANARIES = (NAME, NAME.lower(), "5035550142", "503-555-0142", ADAPTER)
STRANGER = f"key of {NAME}"
REFUSED = {400, 401, 403, 415, 422}
JSON, NDJSON = "application/json", "application/x-ndjson"

Tell: TypeAlias = Callable[[aiohttp.ClientSession, str], Awaitable[list[tuple[int, str]]]]
"""Takes the client and a tracking number, says the canaries rightly and wrongly; returns status and
text of what an API answered."""


def right() -> dict[str, Any]:
    """A submission with the canaries in each text that it can have."""
    reporter = {"name": NAME, "email": MAIL, "phone": PHONE, "account_id": NAME}
    return plain(
        description=WORDS,
        location={"latitude": 45.5, "longitude": -122.6, "address": WORDS, "details": WORDS},
        attributes={"colour": WORDS},
        media=[{"url": f"https://photos.example.org/{NAME}", "media_type": f"image/{NAME}"}],
        reporter=reporter | {"status_updates": ["email"]},
    )


WRONG: tuple[dict[str, Any], ...] = (
    dict.fromkeys(right(), WORDS),
    {name: [WORDS] for name in right()},
    right() | {"service_code": NAME, "language": NAME, "channel": NAME, "jurisdiction": NAME},
    right() | {"reporter": {key: [WORDS] for key in ("name", "email", "phone", "language")}},
    right() | {"description": WORDS * 200, "observed_at": WORDS, "follow_case": WORDS},
    right() | {"attributes": {"colour": {WORDS: WORDS}}, "media": [WORDS, {"url": [WORDS]}]},
)
BROKEN = f'{{"description": "{WORDS}"'.encode()


async def said(
    client: aiohttp.ClientSession, path: str, content_type: str, *bodies: bytes
) -> list[tuple[int, str]]:
    """Post each body with a known key, and as a stranger; the canaries are in query and header."""
    answers = []
    for key in (ADAPTER, STRANGER):
        for body in bodies:
            headers = {"Content-Type": content_type, "X-Note": WORDS, "traceparent": WORDS}
            data, query = BytesIO(body), {"note": WORDS}
            answer = await call(client, "POST", path, key, headers=headers, data=data, params=query)
            answers.append((answer.status, answer.body.decode()))
    return answers


def by_json(path: str) -> Tell:
    async def tell(client: aiohttp.ClientSession, _: str) -> list[tuple[int, str]]:
        documents = [json.dumps(one).encode() for one in (right(), *WRONG)]
        return await said(client, path, JSON, *documents, BROKEN)

    return tell


async def by_bulk(client: aiohttp.ClientSession, _: str) -> list[tuple[int, str]]:
    lines = [
        json.dumps({"id": f"{n}", "data": one}) for n, one in enumerate((right(), *WRONG, WORDS))
    ]
    lines += [json.dumps({"id": [WORDS], "time": WORDS, "data": {}}), BROKEN.decode()]
    return await said(client, "/v1/submissions/bulk", NDJSON, "\n".join(lines).encode())


async def by_note(client: aiohttp.ClientSession, number: str) -> list[tuple[int, str]]:
    notes = [
        {"text": WORDS, "media": [{"url": f"https://photos.example.org/{NAME}"}]},
        {"text": [WORDS], "language": WORDS, "channel": WORDS, "media": WORDS},
        {"text": WORDS * 200},
    ]
    bodies = [json.dumps(one).encode() for one in notes]
    answers = await said(client, f"/v1/requests/{number}/notes", JSON, *bodies, BROKEN)
    return answers + await said(client, f"/v1/requests/{NAME}/notes", JSON, *bodies)


async def by_picture(client: aiohttp.ClientSession, _: str) -> list[tuple[int, str]]:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = WORDS
    picture = encoded(exif=exif)
    answers = await said(client, "/v1/media", "image/jpeg", picture, WORDS.encode())
    named = aiohttp.FormData()
    named.add_field("picture", WORDS.encode(), filename=f"{NAME}.jpg", content_type=f"image/{NAME}")
    answer = await upload(client, named)
    return [*answers, (answer.status, answer.body.decode())]


def by_open311(output: str) -> Tell:
    async def tell(client: aiohttp.ClientSession, number: str) -> list[tuple[int, str]]:
        contact = {"first_name": NAME, "last_name": NAME, "email": MAIL, "phone": PHONE}
        texts = dict.fromkeys(("description", "address_string", "account_id", "device_id"), WORDS)
        wrong = dict.fromkeys(
            ("service_code", "jurisdiction_id", "lat", "long", "media_url", "update_id"), WORDS
        )
        usual = {"jurisdiction_id": CITY, "service_request_id": number}
        fields = [form(**contact, **texts), form(**wrong), form(service_code=NAME, **contact)]
        requests = [urlencode(one).encode() for one in fields]
        updates = [urlencode(usual | one).encode() for one in (texts, wrong, {"api_key": NAME})]
        answers = await said(client, f"{BASE}/requests.{output}", FORM, *requests, b"%ff=" + BROKEN)
        path = f"{BASE}/servicerequestupdates.{output}"
        return answers + await said(client, path, FORM, *updates)

    return tell


async def by_text(client: aiohttp.ClientSession, _: str) -> list[tuple[int, str]]:
    texts = [
        text_of("SM1", PHONE, f"Pothole at 1 SE Nowhere St. {WORDS}"),
        text_of("SM2", NAME, "hello"),
        text_of("", WORDS, WORDS * 200, to=NAME),
    ]
    answers = [await send_text(client, one) for one in texts]
    answers += [await send_text(client, one, signature=NAME) for one in texts]
    return [(one.status, one.body.decode()) for one in answers]


async def by_page(client: aiohttp.ClientSession, number: str) -> list[tuple[int, str]]:
    """A form shows to its writer what they wrote, so its pages are not looked at."""
    report = await visit(client, f"/report?note={NAME}")
    filled = {"description": WORDS, "address": WORDS}
    no_photo = await report.submit({**filled, "photo": WORDS.encode()})
    kind = await report.submit(filled)
    contact = await kind.submit()
    done = await contact.submit({"name": NAME, "email": MAIL, "phone": PHONE})
    await contact.submit({"form": NAME, "name": NAME, "email": NAME})
    status = await visit(client, f"/track/{number}")
    forged = await status.submit({"text": WORDS, "form": NAME})
    await visit(client, f"/track/{NAME}")
    return [(page.status, "") for page in (no_photo, done, forged)]


WAYS: Mapping[str, Tell] = {
    "POST": by_json("/v1/submissions"),
    "preview": by_json("/v1/submissions/preview"),
    "bulk": by_bulk,
    "note": by_note,
    "picture": by_picture,
    "Open311 JSON": by_open311("json"),
    "Open311 XML": by_open311("xml"),
    "text message": by_text,
    "page": by_page,
}


async def test_no_value_is_in_a_log_or_in_an_answer(
    running: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("shared.runtime.ops.audit._failures", RefusalLog())
    shown, statuses, logged = dict[str, list[str]](), dict[str, set[int]](), 0
    limits = {"key_per_second": 1_000, "forms_per_minute": 1_000}
    async with running(**SETTINGS, **limits) as client:
        number = await number_of(client)
        for way, tell in WAYS.items():
            caplog.clear()
            with capture_logs() as lines:
                answers = await eventually(partial(told, client, number, tell))
            texts = [text for _, text in answers]
            found = [one for one in (*map(str, lines), *caplog.messages, *texts) if holds(one)]
            statuses[way] = {status for status, _ in answers}
            shown |= {way: found} if found else {}
            logged += len(lines)

    assert not shown
    assert not [way for way, seen in statuses.items() if not seen & REFUSED], statuses
    assert logged, "logs are read at all"


async def told(client: aiohttp.ClientSession, number: str, tell: Tell) -> list[tuple[int, str]]:
    """Say the canaries by a way; return nothing while a busy machine answers 503."""
    answers = await tell(client, number)
    statuses = {status for status, _ in answers}
    assert statuses <= {200, 201, 404, 429, 503} | REFUSED
    return [] if 503 in statuses else answers


def holds(text: str) -> bool:
    """Return True for a text with a canary in it."""
    return any(canary in text for canary in CANARIES)
