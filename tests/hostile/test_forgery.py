"""T34: whoever has no credentials cannot write what only the router's services may write.

Once ``stack.json`` has ``kafka_auth``, the client here is the one that has none of it.
"""

import json
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.e2e.outside import kafka_client_options
from tests.hostile.fuzzing import CONSUMED, example
from tests.hostile.measuring import judge
from tests.hostile.target import Target

pytestmark = pytest.mark.asyncio(loop_scope="module")

WITHIN_MS = 5_000
INTERNAL = [topic for topic in CONSUMED if topic.startswith(("intake-", "triage-", "dispatch-"))]


def outsider(target: Target) -> dict[str, Any]:
    """Return how a client connects that has no credentials."""
    public = {"kafka": target.stack["kafka"]}
    return kafka_client_options(public) | {"request_timeout_ms": WITHIN_MS}


@pytest.mark.parametrize("topic", [*INTERNAL, "operator-commands", "bureau-pbot-mod-updates"])
async def test_nobody_without_credentials_writes_events(target: Target, topic: str) -> None:
    taken = 0
    for kind in CONSUMED[topic]:
        event = example(kind) | {"id": str(uuid4())}
        with suppress(KafkaError):
            async with AIOKafkaProducer(**outsider(target)) as producer:
                await producer.send_and_wait(topic, json.dumps(event).encode(), key=b"forged")
                taken += 1
    judge(
        f"forged events on {topic}",
        f"{taken} of {len(CONSUMED[topic])} taken by the broker",
        "0",
        is_met=taken == 0,
    )
