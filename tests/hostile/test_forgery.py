"""T34: a client cannot write what only others may write, with no credentials or with its own."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.hostile.fuzzing import CONSUMED, example
from tests.hostile.measuring import judge
from tests.hostile.target import Target
from tests.support.router import kafka_client_options

pytestmark = pytest.mark.asyncio(loop_scope="module")

WITHIN_MS = 5_000
INTERNAL = [topic for topic in CONSUMED if topic.startswith(("intake-", "triage-", "dispatch-"))]
PRINCIPALS = ("adapters", "bureau-water")
Options = dict[str, Any]


@pytest.fixture(scope="module")
def known() -> dict[str, Mapping[str, Options]]:
    """The attackers of each router, by the address of its broker."""
    return {}


@pytest_asyncio.fixture(loop_scope="module")
async def attackers(
    target: Target, known: dict[str, Mapping[str, Options]]
) -> Mapping[str, Options]:
    """How each attacker connects: without credentials, and as programs outside the router."""
    address = {"kafka": target.stack["kafka"]}
    if found_before := known.get(address["kafka"]):
        return found_before
    found: dict[str, Options] = {"nobody": kafka_client_options(address)}
    for principal in PRINCIPALS:
        code, password, errors = await target.router.command("topics", "user", principal)
        assert code == 0, errors
        auth = target.stack["kafka_auth"] | {"username": principal, "password": password.strip()}
        found[principal] = kafka_client_options(address | {"kafka_auth": auth})
    known[address["kafka"]] = found
    return found


async def taken(options: Options, topic: str) -> int:
    """Return how many forged events the broker took."""
    count = 0
    for kind in CONSUMED[topic]:
        event = example(kind) | {"id": str(uuid4())}
        producer = AIOKafkaProducer(**options, request_timeout_ms=WITHIN_MS)
        try:
            with suppress(KafkaError):
                await producer.start()
                await producer.send_and_wait(topic, json.dumps(event).encode(), key=b"forged")
                count += 1
        finally:
            await producer.stop()
    return count


@pytest.mark.parametrize("topic", [*INTERNAL, "operator-commands", "bureau-pbot-mod-updates"])
@pytest.mark.parametrize("attacker", ["nobody", *PRINCIPALS])
async def test_an_outsider_cannot_forge_events(
    attackers: Mapping[str, Options], attacker: str, topic: str
) -> None:
    forged = await taken(attackers[attacker], topic)

    judge(
        f"forged events of {attacker} on {topic}",
        f"{forged} of {len(CONSUMED[topic])} taken by the broker",
        "0",
        is_met=forged == 0,
    )


async def test_an_adapter_writes_its_own_topic_with_the_same_credentials(
    attackers: Mapping[str, Options],
) -> None:
    assert await taken(attackers["adapters"], "channel-submissions") == 1
