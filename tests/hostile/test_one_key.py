"""T26: ten thousand calls with one key, by any way in, are refused; another key is not."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest

from tests.hostile.beside import calling, good, post
from tests.hostile.measuring import judge
from tests.hostile.target import Target
from tests.support.latencies import load, p99_s

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS = 5.0
PER_SECOND = 2_000
CONNECTIONS = 200
REFUSED_WITHIN_S = 0.05
REFUSED_ONE_BY_ONE_WITHIN_S = 0.25
"""Submissions are accepted in batches; what else the key may do costs more of the loop."""
CALLS = 100
FORM = "application/x-www-form-urlencoded"
POINT = {"lat": "45.5152", "long": "-122.6784"}
REQUEST = {"jurisdiction_id": "portland.gov", "service_code": "ROW-POTHOLE", **POINT}
UPDATE = {"jurisdiction_id": "portland.gov", "description": "It is still there"}
WAYS: Mapping[str, Any] = {
    "POST /v1/submissions": None,
    "bulk": ("/v1/submissions/bulk", "application/x-ndjson", {"id": "1", "data": good()}),
    "preview": ("/v1/submissions/preview", "application/json", good()),
    "note": ("/v1/requests/{number}/notes", "application/json", {"text": "It is still there"}),
    "picture": ("/v1/media", "image/jpeg", "no picture"),
    "Open311 JSON": ("/open311/v2/requests.json", FORM, REQUEST),
    "Open311 XML": ("/open311/v2/requests.xml", FORM, REQUEST),
    "Open311 update": ("/open311/v2/servicerequestupdates.json", FORM, UPDATE),
}
"""Path, type of the body, and body; none for that of the generator."""


async def new_key(target: Target, name: str) -> str:
    """Make the key of another adapter."""
    code, output, errors = await target.router.command("keys", "add", "adapter", name)
    assert code == 0, errors
    return output.split()[-1]


async def beside(target: Target, key: str) -> Counter[int]:
    """Hand in with another key meanwhile; return how often each status came."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    statuses: Counter[int] = Counter()
    async with aiohttp.ClientSession(target.stack["intake"], headers=headers) as session:
        for _ in range(CALLS):
            status, _ = await post(session, good())
            statuses[status] += 1
            await asyncio.sleep(SECONDS / CALLS)
    return statuses


async def request_of(target: Target, way: str) -> dict[str, str]:
    """Return what the generator sends by a way; a note is about a request of its own."""
    if WAYS[way] is None:
        return {}
    path, content_type, content = WAYS[way]
    async with calling(target) as session:
        number = (await post(session, good()))[1]["tracking_number"]
    if content_type == FORM:
        body = urlencode(content | {"service_request_id": number})
    else:
        body = content if isinstance(content, str) else json.dumps(content)
    return {"path": path.format(number=number), "content_type": content_type, "body": body}


@pytest.mark.parametrize("way", WAYS)
async def test_one_key_is_refused_at_once_and_another_is_not(target: Target, way: str) -> None:
    before, port = target.pids(), urlsplit(target.stack["intake"]).port or 0
    word = way.replace("/", "").replace(" ", "-").lower()
    key, other = await new_key(target, f"flood-{word}"), await new_key(target, f"calm-{word}")
    request = await request_of(target, way)
    flood, good_ones = await asyncio.gather(
        load(
            port,
            key,
            "flood",
            seconds=SECONDS,
            connections=CONNECTIONS,
            rate=PER_SECOND,
            **request,
        ),
        beside(target, other),
    )
    harm = await target.harm(before)
    refused = [answer for answer in flood.responses if answer.status == 429]
    statuses = Counter(answer.status for answer in flood.responses)
    served = {415} if way == "picture" else {200, 201}
    most_s = REFUSED_ONE_BY_ONE_WITHIN_S if request else REFUSED_WITHIN_S
    judge(
        f"10,000 calls with one key, {way}",
        f"{dict(statuses)}, {flood.unsent} unsent, "
        f"429 within {p99_s(refused) * 1000:.1f} ms (p99); "
        f"another key: {dict(good_ones)}, {', '.join(harm) or 'no harm'}",
        f"served, 429 and, on a slow machine, 503; {most_s * 1000:.0f} ms; another key: 201 alone",
        is_met=429 in statuses
        and set(statuses) <= served | {429, 503}
        and p99_s(refused) <= most_s
        and all(answer.retry_after for answer in refused)
        and set(good_ones) == {201}
        and not harm,
    )
