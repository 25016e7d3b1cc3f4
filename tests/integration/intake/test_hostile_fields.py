"""Hostile texts in every field, by every way in: stored as normal text, answered inertly."""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from lxml import etree

from shared.contract.events import encode
from shared.contract.topics import (
    CHANNEL_SUBMISSIONS,
    INTAKE_CONTACTS,
    INTAKE_RECEIPTS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
)
from tests.integration.intake.conftest import Running
from tests.support.builders import handed_in
from tests.support.intake.http_client import ADAPTER, Response, call, plain, post
from tests.support.intake.open311_calls import BASE, CITY, FORM, form, read
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration

TEXTS: Mapping[str, str] = {
    "line ends": "a\r\nX-Evil: 1\r\n\r\n<b>x\rb",
    "bidi": "exe.\u202egpj\u202c \u2067abc\u2069 \u202d",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;",
    "XML": "]]><!DOCTYPE a [<!ENTITY b 'c'>]><x>&b;</x><?php ?>",
    "template": "{{7*7}} ${7*7} {% raw %} %s %(x)s {0.__class__} #{7*7} <%= 7*7 %>",
    "formula": '=HYPERLINK("http://evil.example") @SUM(1) +1 -1',
    "terminal": "\x1b[2J\x1b]0;title\x07 \x9b31m \x00\x08\x7f",
    "not in XML": "a\ufffeb\uffffc\U0001fffe",
    "marks": "e" + "\u0301" * 400,
    "too long": "x" * 100_000,
}
HEADERS = {
    *("Content-Type", "Content-Length", "Date", "Server", "Location", "X-Content-Type-Options"),
    *("Content-Language", "Vary"),
}
"""All that an answer has."""
SHORT = 500
JSON, NDJSON = "application/json", "application/x-ndjson"
CITY_ID, OUTPUTS = "jurisdiction_id", ("json", "xml")


def submission(text: str) -> dict[str, Any]:
    """A submission with the text in each field that takes any."""
    return plain(
        description=text,
        location={"latitude": 45.5, "longitude": -122.6, "address": text, "details": text},
        attributes={text[:90] or "a": text, "list": [text, text]},
        media=[{"url": f"https://photos.example.org/?{text}", "media_type": text}],
        reporter=dict.fromkeys(("name", "email", "phone", "account_id"), text),
        follow_case=text[:100],
    )


def form_of(text: str) -> dict[str, str]:
    """A form with the text in each field that takes any."""
    named = ("address_string", "address_id", "first_name", "last_name", "email", "phone")
    more = ("account_id", "device_id", "description", "attribute[a]", f"attribute[{text[:90]}]")
    media = {"media_url": f"https://photos.example.org/?{text}"}
    usual = {name: value for name, value in form().items() if isinstance(value, str)}
    return usual | dict.fromkeys((*named, *more), text) | media


async def answers_to(client: aiohttp.ClientSession, number: str, text: str) -> list[Response]:
    """Hand the text in by every way, in every field: whole, and as long as most fields may be."""
    short = text[:SHORT]
    calls: list[tuple[str, str, str]] = []
    for data in (submission(text), submission(short), plain(language=text, service_code=text)):
        whole, named = json.dumps(data), [{"id": one, "data": data} for one in ("1", short)]
        calls += [
            ("/v1/submissions", JSON, whole),
            ("/v1/submissions/preview", JSON, whole),
            ("/v1/submissions/bulk", NDJSON, "\n".join(map(json.dumps, named))),
        ]
    for words in (text, short):
        url = f"https://photos.example.org/?{words}"
        note = {"text": words, "media": [{"url": url, "media_type": words}]}
        update = {"service_request_id": number, "description": words, "media_url": url}
        calls += [
            *(
                (f"/v1/requests/{number}/notes", JSON, json.dumps(n))
                for n in (note, {"text": words})
            ),
            *((f"{BASE}/requests.{out}", FORM, urlencode(form_of(words))) for out in OUTPUTS),
            *(
                (f"{BASE}/servicerequestupdates.{out}", FORM, urlencode(update | {CITY_ID: CITY}))
                for out in OUTPUTS
            ),
        ]
    return [
        await call(
            client,
            "POST",
            path,
            ADAPTER,
            data=BytesIO(body.encode()),
            headers={"Content-Type": content_type},
        )
        for path, content_type, body in calls
    ]


def texts_in(value: Any) -> Iterator[str]:
    """Yield each text of a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from texts_in(name)
            yield from texts_in(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from texts_in(part)


def faults_of(text: str) -> set[str]:
    """Return what an untidy text holds: controls, reordering, another form than NFC."""
    controls = {c for c in text if unicodedata.category(c) == "Cc"} - {"\t", "\n"}
    reordering = {c for c in text if unicodedata.bidirectional(c) in _REORDERING}
    form = set() if unicodedata.is_normalized("NFC", text) else {"not NFC"}
    return controls | reordering | form


_REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def parse(answer: Response) -> Any:
    """Parse an answer as what it says that it is."""
    if "xml" in answer.headers["Content-Type"]:
        return [element.text or "" for element in etree.fromstring(answer.body).iter()]
    return answer.lines if "ndjson" in answer.headers["Content-Type"] else answer.json


@pytest.mark.parametrize("name", TEXTS)
async def test_a_hostile_text_is_stored_as_normal_text_and_answered_inertly(
    running: Running, topic_log: TopicLog, name: str
) -> None:
    text = TEXTS[name]
    async with running(key_per_second=1_000) as client:
        number = (await post(client)).json["tracking_number"]
        answers = await answers_to(client, number, text)
        handed = handed_in(submission(text[:SHORT]), id="k")
        await topic_log.write(CHANNEL_SUBMISSIONS, "a", encode(handed))
        await topic_log.at_least(1, INTAKE_RECEIPTS)
        shown = [await read(client, f"requests.{output}") for output in OUTPUTS]
        page = await call(client, "GET", f"/v1/requests/{number}")
        await topic_log.at_least(2, INTAKE_REQUESTS)
        events = await events_of(topic_log)

    for answer in (*answers, *shown, page):
        assert answer.status < 500, answer.body
        assert set(answer.headers) <= HEADERS, answer.headers
        assert parse(answer) is not None
        if answer.status >= 400:
            assert len(answer.body) < 20_000, "a refusal does not repeat what it refuses"
    stored = [one for event in events for one in texts_in(event["data"])]
    listed = [one for answer in shown for one in texts_in(parse(answer))]
    assert not {one: faults for one in (*stored, *listed) if (faults := faults_of(one))}


async def events_of(topic_log: TopicLog) -> list[dict[str, Any]]:
    """Return what intake told others."""
    return [
        json.loads(value or b"")
        for topic in (INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS, INTAKE_CONTACTS, INTAKE_RECEIPTS)
        for value in await topic_log.values(topic)
    ]
