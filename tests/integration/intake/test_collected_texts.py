"""The big list of naughty strings and texts in 21 languages, by every way in."""

import asyncio
import base64
import gzip
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from lxml import etree

from shared.contract.events import RequestSubmitted
from shared.contract.topics import (
    CHANNEL_SUBMISSIONS,
    INTAKE_RECEIPTS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
)
from shared.runtime.outgoing import Outgoing
from tests.integration.intake.conftest import Running
from tests.integration.intake.test_hostile_fields import faults_of
from tests.integration.intake.ways import WAYS
from tests.support.builders import handed_in
from tests.support.intake.http_client import Response, bulk, get, line, plain, post
from tests.support.intake.open311_calls import read
from tests.support.paths import DATA
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(600)]

NAUGHTY = DATA / "naughty_strings" / "blns.base64.json"
LANGUAGES = DATA / "udhr_multilingual" / "paragraphs.jsonl.gz"
AT_ONCE = 16
A_LIST = 300
AS_MUCH_AS_IT_TAKES = dict.fromkeys(
    ("accepts_per_second", "key_per_second", "address_per_second"), 1_000_000
)
NOT_IN_XML = re.compile("[\ufffe\uffff]")
"""What normal text may hold and XML may not."""
T = TypeVar("T")
R = TypeVar("R", bound=Response)
Texts = Sequence[str]


def naughty() -> Texts:
    return [
        base64.b64decode(text).decode("utf-8", "replace")
        for text in json.loads(NAUGHTY.read_text())
    ]


def languages() -> Texts:
    """One paragraph in three: each language, and every kind of letter."""
    with gzip.open(LANGUAGES, "rt") as file:
        return [json.loads(one)["text"] for one in file][::3]


COLLECTIONS: Mapping[str, tuple[Path, Callable[[], Texts]]] = {
    "naughty strings": (NAUGHTY, naughty),
    "21 languages": (LANGUAGES, languages),
}


async def for_each(texts: Sequence[T], act: Callable[[T], Awaitable[R]]) -> list[R]:
    """Do the same for each text, some at once; again where the machine was too busy."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(text: T) -> R:
        async def answered() -> R | None:
            answer = await act(text)
            return None if answer.status in {429, 503} else answer

        async with limit:
            found = await eventually(answered)
            assert found
            return found

    return await asyncio.gather(*map(one, texts))


async def by_kafka(topic_log: TopicLog, texts: Texts) -> dict[str, Any]:
    """Write each text as a submission; return the receipts by the place of the text."""
    events = [handed_in(plain(description=t), id=f"{n}", source="/a") for n, t in enumerate(texts)]
    await topic_log.send(
        [Outgoing.to_topic(CHANNEL_SUBMISSIONS.name, event.source, event) for event in events]
    )
    receipts = await topic_log.at_least(len(texts), INTAKE_RECEIPTS, within_s=120)
    return {receipt.data.submission_id: receipt for receipt in receipts}


async def in_bulk(client: aiohttp.ClientSession, texts: Texts) -> list[Any]:
    lines = [line(f"bulk {n}", data=plain(description=t)) for n, t in enumerate(texts)]
    return [one for at in (0, 900) for one in (await bulk(client, *lines[at : at + 900])).lines]


async def stored(topic_log: TopicLog, count: int) -> dict[str, str]:
    """Return the description of each request by its id, once there are so many requests."""

    async def enough() -> dict[str, str]:
        events = [
            event
            for topic in (INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS)
            for event in await topic_log.events(topic)
        ]
        found = {e.data.public_id: e.data.description for e in events if _is_request(e)}
        return found if len(found) >= count else {}

    return await eventually(enough)


def _is_request(event: Any) -> bool:
    return isinstance(event, RequestSubmitted)


def id_in(answer: Any) -> str | None:
    """Return the id in a receipt or an answer; None for a refusal, which must be clear."""
    if isinstance(answer, list):
        number = answer[0].get("service_request_id")
        assert number or all(error["description"].endswith(".") for error in answer)
    else:
        number = answer.get("public_id")
        errors = answer.get("errors", ())
        assert number or errors
        assert all(error["field"] and error["message"].endswith(".") for error in errors)
    return number and str(number)


@pytest.mark.parametrize("name", COLLECTIONS)
async def test_every_text_is_taken_or_clearly_refused_and_shown_inertly(
    running: Running, topic_log: TopicLog, name: str
) -> None:
    path, collection = COLLECTIONS[name]
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    texts = collection()
    async with running(**AS_MUCH_AS_IT_TAKES) as client:
        number = (await post(client)).json["tracking_number"]
        answers = {
            way: await for_each(texts, partial(send, client, number))
            for way, send in WAYS.items()
            if way != "bulk"
        }
        lines = await in_bulk(client, texts)
        receipts = await by_kafka(topic_log, texts)
        numbers = {
            "POST": [id_in(answer.json) for answer in answers["POST"]],
            "bulk": [id_in(one.get("data") or one["problem"]) for one in lines],
            "Kafka": [id_in(receipts[f"{n}"].data.model_dump()) for n in range(len(texts))],
            "Open311 JSON": [id_in(answer.json) for answer in answers["Open311 JSON"]],
        }
        accepted = [one for of_way in numbers.values() for one in of_way if one]
        kept = await stored(topic_log, len(accepted))
        some = [",".join(accepted[at : at + A_LIST]) for at in range(0, len(accepted), A_LIST)]
        as_json = [await read(client, "requests.json", service_request_id=one) for one in some]
        as_xml = [await read(client, "requests.xml", service_request_id=one) for one in some]
        posted = [one.json for one in answers["POST"] if one.status == 201]
        handed_in_once = [one["tracking_number"] for one in posted]
        pages = await for_each(handed_in_once, lambda one: get(client, f"/v1/requests/{one}"))

    assert {answer.status for answer in answers["preview"]} == {200}
    for way, good in {"note": 201, "Open311 update": 200, "Open311 XML": 200}.items():
        assert {answer.status for answer in answers[way]} <= {good, 400, 422}, way
        assert sum(answer.status == good for answer in answers[way]) > 0.9 * len(texts), way
    for n, text in enumerate(texts):
        told = {way: kept[found] for way, of in numbers.items() if (found := of[n])}
        assert len(set(told.values())) <= 1, (text, told)
        assert told.keys() in ({*numbers}, {"Open311 JSON"}, set()), (text, told)
    listed = [request for answer in as_json for request in answer.json]
    elements = [element for answer in as_xml for element in etree.fromstring(answer.body)]
    assert {one["service_request_id"] for one in listed} == {*accepted}
    for request, element in zip(listed, elements, strict=True):
        words = kept[request["service_request_id"]]
        assert not faults_of(words)
        assert (request["description"] or "") == words
        assert [child.tag for child in element] == list(request)
        assert (element.findtext("description") or "") == NOT_IN_XML.sub("", words)
    assert {page.status for page in pages} == {200}
    assert [page.json["tracking_number"] for page in pages] == handed_in_once
    assert len(accepted) > 0.9 * len(numbers) * len(texts)
