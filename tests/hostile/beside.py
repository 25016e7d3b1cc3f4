"""Good submissions over HTTP and Kafka while somebody attacks, and how fast each is decided."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from random import Random
from string import ascii_lowercase
from time import monotonic
from typing import Any
from uuid import uuid4

import aiohttp

from tests.hostile.target import Raw, Tail, Target
from tests.support.waiting import eventually

DECIDED_WITHIN_S = 5.0
_EVERY_S = 0.4
_RANDOM = Random(311)
_TOKEN = re.compile(rb"good-[a-z]{20}")  # digits might look like a telephone number


def good(**changes: Any) -> dict[str, Any]:
    """Return a submission that nothing is wrong with, at a place of its own."""
    point = {
        "latitude": _RANDOM.uniform(45.50, 45.55),
        "longitude": _RANDOM.uniform(-122.66, -122.58),
    }
    return {
        "jurisdiction": "portland.gov",
        "channel": "web",
        "service_code": "ROW-POTHOLE",
        "description": "A pothole as deep as a hand",
        "location": point | {"accuracy_m": 5},
        **changes,
    }


def event_of(data: dict[str, Any], name: str = "") -> Raw:
    """Return the submission as an adapter writes it to Kafka."""
    source, type_ = "/adapter/hostile", "route311.submission.v1"
    event = {"specversion": "1.0", "id": name or str(uuid4()), "source": source, "type": type_}
    return Raw("channel-submissions", json.dumps(event | {"data": data}).encode(), source.encode())


@asynccontextmanager
async def calling(target: Target, within_s: float = 30.0) -> AsyncGenerator[aiohttp.ClientSession]:
    """Open HTTP to intake with the adapter's key."""
    key = target.stack["keys"]["adapters"]["demo"]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    timeout = aiohttp.ClientTimeout(total=within_s)
    async with aiohttp.ClientSession(target.stack["intake"], headers=headers, timeout=timeout) as s:
        yield s


async def post(session: aiohttp.ClientSession, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Hand in; return the status and the answer, 0 and nothing for a broken connection."""
    body = BytesIO(json.dumps(data, ensure_ascii=False).encode())
    try:
        async with session.post("/v1/submissions", data=body) as answer:
            return answer.status, await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return 0, {}


@dataclass(slots=True)
class Beside:
    """What became of the good ones.

    Attributes:
        sent_at: By the token in the description.
        refused: Statuses other than 201, and broken connections as 0.
        slowest_s: How long the slowest took in the end, infinite for never.
    """

    tail: Tail
    sent_at: dict[str, float] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    slowest_s: float = float("inf")

    def delays(self) -> dict[str, float]:
        """Return how long each decided one took, in seconds."""
        decided = {
            token.decode(): at
            for at, record in reversed(self.tail.seen)
            for token in _TOKEN.findall(record.value or b"")
        }
        return {t: decided[t] - sent for t, sent in self.sent_at.items() if t in decided}

    async def settle(self) -> None:
        """Wait for the last decisions."""

        async def all_decided() -> bool:
            return len(self.delays()) == len(self.sent_at)

        with suppress(TimeoutError):
            await eventually(all_decided, within_s=2 * DECIDED_WITHIN_S)
        if await all_decided():
            self.slowest_s = max(self.delays().values(), default=0.0)

    async def send(self, target: Target, stopping: asyncio.Event) -> None:
        """Hand in until asked to stop, by HTTP and by Kafka in turn."""
        async with calling(target) as session:
            while not stopping.is_set():
                token = "good-" + "".join(_RANDOM.choices(ascii_lowercase, k=20))
                data = good(description=f"A pothole as deep as a hand {token}")
                self.sent_at[token] = monotonic()
                if len(self.sent_at) % 2:
                    await target.write([event_of(data)])
                elif (status := (await post(session, data))[0]) != 201:
                    self.refused.append(status)
                    del self.sent_at[token]
                await asyncio.sleep(_EVERY_S)


@asynccontextmanager
async def good_ones(target: Target) -> AsyncGenerator[Beside]:
    """Hand in good submissions until the end; what they became is known afterwards, too."""
    async with target.tail("triage-decisions") as tail:
        beside, stopping = Beside(tail), asyncio.Event()
        task = asyncio.create_task(beside.send(target, stopping))
        try:
            yield beside
        finally:
            stopping.set()
            await task
            await beside.settle()
