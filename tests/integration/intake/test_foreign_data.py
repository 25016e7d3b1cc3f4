"""Whoever asks, by any route: nothing of another city, and nothing of a private kind."""

import json
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

import aiohttp
import pytest

from shared.contract.events import CaseOpened, RequestTriaged, new_id
from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.clock import utc_now
from shared.runtime.http.api_keys import hash_key, store_keys
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import BUREAU, OPERATOR, Running
from tests.support.builders import case_with_request, decision
from tests.support.databases import Database
from tests.support.intake.http_client import (
    ADAPTER,
    Response,
    call,
    get,
    plain,
    post,
    preview,
)
from tests.support.intake.media import upload
from tests.support.intake.open311_calls import BASE, FORM, ids, public_id_of, read
from tests.support.pictures import encoded
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

OTHER_ADAPTER, REVOKED = "key of another adapter", "key that was revoked"
KEYS: Mapping[str, str | None] = {
    "nobody": None,
    "unknown": "guessed",
    "revoked": REVOKED,
    "bureau": BUREAU,
    "operator": OPERATOR,
    "another adapter": OTHER_ADAPTER,
    "its adapter": ADAPTER,
}
ADAPTERS = {"another adapter", "its adapter"}
NAME, MAIL, PHONE = "Quimberly Canary", "quimberly@canary.example.org", "503-555-0142"
WORDS = "quimberly's wheelchair"
SECRETS = (NAME, "Quimberly", MAIL, "555-0142", "5550142", "Canary Row")
OWN_WORDS = ("/track/{number}", "/v1/requests/{tracking_number}")
"""Routes that show the words to whoever has the tracking number."""
BOSTON = {"latitude": 42.3601, "longitude": -71.0589}
_BODIES = ("application/json", "application/x-ndjson", "application/x-www-form-urlencoded")
"""What a call without any sense is sent as; a picture is any bytes."""


def allowed(path: str, method: str) -> set[str]:
    """Return the callers whom a route may answer with other than 401 or 403."""
    if path.startswith(("/v1/texts", "/v1/dead-letters")):
        return {"operator"}
    if path.startswith("/v1/keys"):  # the console's key alone
        return set()
    if method == "get" or not path.startswith(("/v1/", BASE)):  # the pages are everybody's
        return set(KEYS)
    if path == "/v1/media":
        return ADAPTERS | {"bureau"}
    return {"operator"} if path.endswith(("/release", "/withhold")) else ADAPTERS


def calls(document: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield path, method and address of every route, with foreign ids where it takes ids."""
    for path, item in document["paths"].items():
        for method in item:
            for output in ("json", "xml") if "{format}" in path else ("",):
                yield path, method, path.format(**given, format=output)


def body_of(document: Mapping[str, Any], path: str, method: str, number: str) -> dict[str, Any]:
    """Return content and its type for a route that takes something."""
    taken = document["paths"][path][method].get("requestBody", {}).get("content", {})
    content_type = next((name for name in _BODIES if name in taken), None)
    if content_type is None:
        return {"data": encoded()} if taken else {}
    if content_type == _BODIES[2]:
        text = f"jurisdiction_id=portland.gov&service_request_id={number}&service_code=CAMP-REPORT"
        return {"data": text.encode(), "headers": {"Content-Type": FORM}}
    data = {"jurisdiction": "portland.gov", "description": "tents", "text": "still there"}
    return {"data": json.dumps(data).encode(), "headers": {"Content-Type": content_type}}


async def private_request(client: aiohttp.ClientSession) -> str:
    """Hand in a request of a private kind, full of personal data; return its number."""
    answer = await post(
        client,
        plain(
            service_code="CAMP-ADA",
            description=f"The tents are in the way of {WORDS}, ask for {NAME}",
            location={"latitude": 45.5189, "longitude": -122.6793, "details": "Canary Row 5"},
            reporter={"name": NAME, "email": MAIL, "phone": PHONE, "status_updates": ["email"]},
        ),
    )
    assert answer.status == 201, answer.body
    number: str = answer.json["tracking_number"]
    return number


def words_of(answer: Response) -> str:
    return unescape(answer.body.decode(errors="replace")) + str(answer.headers)


async def revoke(database: Database) -> None:
    await store_keys(
        database.admin_dsn,
        "intake",
        [("other", "adapter", OTHER_ADAPTER), ("gone", "adapter", REVOKED)],
    )
    async with open_database(database.admin_dsn) as db:
        await db.execute(
            "UPDATE intake.api_keys SET revoked_at = now() WHERE key_hash = $1", hash_key(REVOKED)
        )


async def test_no_route_shows_a_private_requests_reporter_and_only_its_number_shows_its_words(
    running: Running, database: Database
) -> None:
    await revoke(database)
    answers: dict[tuple[str, str, str], Response] = {}
    async with running(address_per_second=10_000, key_per_second=10_000) as client:
        number = await private_request(client)
        picture = (await upload(client, encoded())).json["media_id"]
        given = dict.fromkeys(("tracking_number", "service_request_id", "id", "token"), number)
        given["media_id"] = picture
        document = (await get(client, "/openapi.json")).json
        for path, method, address in calls(
            document,
            given
            | {
                "service_code": "CAMP-ADA",
                "number": number,
                "name": "pages.css",
                "city": "portland.gov",
                "draft": number,
                "step": "what",
                "case_id": new_id(),
                "key_id": "0",
                "topic": "channel-submissions-dlq",
                "offset": "0",
            },
        ):
            query = {"jurisdiction_id": "portland.gov"} if BASE in path else {}
            for caller, key in KEYS.items():
                sent = body_of(document, path, method, number)
                answer = await call(client, method, address, key, params=query, **sent)
                answers[f"{method} {address}", path, caller] = answer

    assert len(answers) > 15 * len(KEYS)
    for (what, path, caller), answer in answers.items():
        assert answer.status < 500, (what, caller, answer.body)
        method = what.partition(" ")[0]
        if caller not in allowed(path, method):
            is_read_first = path.startswith("/v1/keys") and caller == "operator"
            assert answer.status in {401, 403, 422 if is_read_first else 403}, (what, caller)
        else:
            assert answer.status not in {401, 403}, (what, caller, answer.body)
        shown = words_of(answer)
        assert not [secret for secret in SECRETS if secret in shown], (what, caller)
        assert path.startswith(OWN_WORDS) or WORDS not in shown, (what, caller)
    assert sum(WORDS in words_of(answer) for answer in answers.values()) >= 2 * len(KEYS)


@pytest.mark.parametrize("key", [None, ADAPTER, BUREAU, OPERATOR], ids=str)
async def test_open311_shows_a_city_nothing_of_another(running: Running, key: str | None) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    everywhere = {"bbox": "-180,-90,180,90"}
    async with running(key_per_second=1_000) as client:
        here = await public_id_of(client)
        receipt = (
            await post(client, plain(jurisdiction="boston.gov", service_code=None, location=BOSTON))
        ).json
        there, number = receipt["public_id"], receipt["tracking_number"]
        client.headers.update(headers)
        lists = [
            await read(client, "requests.json", **query)
            for query in ({}, everywhere, {"service_request_id": f"{here},{there},{number}"})
        ]
        updates = await read(client, "servicerequestupdates.json", service_request_id=there)
        alone = [
            await read(client, f"{path}/{name}.json")
            for path in ("requests", "tokens")
            for name in (there, number)
        ]
        at_home = await read(client, f"requests/{there}.json", jurisdiction_id="boston.gov")

    assert [ids(answer) for answer in lists] == [[here]] * 3
    assert updates.json == []
    assert [answer.status for answer in alone] == [404] * 4
    assert ids(at_home) == [there]


async def test_a_private_case_is_near_nobody_and_counted_nowhere(
    running: Running, topic_log: TopicLog
) -> None:
    """Not even one who hands in the same private kind at the same place is shown it."""
    async with running(key_per_second=1_000) as client:
        private = await private_request(client)
        public = await public_id_of(
            client,
            service_code="CAMP-REPORT",
            lat="45.5189",
            long="-122.6793",
            description="Tents",
            **{f"attribute[{name}]": "no" for name in ("tents_count", "needles", "lane_blocked")}
            | {"attribute[tents_count]": "3"},
        )
        requests = await topic_log.at_least(2, INTAKE_REQUESTS)
        made = [decision(event.data) for event in requests]
        for one in made:
            case = case_with_request(
                case_id=one.case_id,
                request_id=one.request_id,
                tracking_number=one.tracking_number,
                service_code=one.service_code,
                dedup_group="camp",
            )
            await topic_log.publish(
                RequestTriaged.of(one, now=utc_now()), CaseOpened.of(case, now=utc_now())
            )

        async def is_near() -> bool:
            found = await preview(client, plain(service_code="CAMP-REPORT"))
            return found.status == 200 and bool(found.json["near"])

        await eventually(is_near)
        shown = [
            await preview(client, plain(service_code=code)) for code in ("CAMP-REPORT", "CAMP-ADA")
        ]
        listed = await read(client, "requests.json", bbox="-123,45,-122,46")
        updates = await read(client, "servicerequestupdates.json")

    [opened] = [one.case_id for one in made if one.request.public_id == public]
    for answer in shown:
        assert [case["case_id"] for case in answer.json["near"]] == [opened]
        assert [case["request_count"] for case in answer.json["near"]] == [1]
    assert ids(listed) == [public]
    assert private not in updates.body.decode()
