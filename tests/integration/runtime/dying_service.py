"""A process with one consumer, whose handler can be fatal: ``DSN FATE``."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from shared.contract.events import Event
from shared.contract.topics import INTAKE_REQUESTS
from shared.errors import DatabaseBusyError
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.messages import Message
from shared.runtime.ops.logging import configure_logging
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, open_pool
from shared.runtime.settings import KafkaSettings

FATAL = "fatal"
HOLD_S = 0.5
BEGUN = "begun with the fatal one"


async def meet_fate(fate: str, db: Connection) -> None:
    match fate:
        case "deferred kill" if not await db.fetchval("SELECT count(*) FROM deferred"):
            raise DatabaseBusyError("until it is deferred")
        case "deferred kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise KeyError("nobody foresaw this")
        case "wait":
            print(BEGUN, flush=True)  # noqa: T201 - for the test
            await asyncio.Event().wait()
        case _:
            return


async def run(dsn: str, fate: str) -> None:
    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event]:
        for message in messages:
            if message.event.data.description == FATAL:
                await meet_fate(fate, db)
            await db.execute("INSERT INTO noted VALUES ($1)", message.event.data.request_id)
        return []

    access = KafkaSettings().kafka_access
    async with open_pool(dsn) as pool, asyncio.TaskGroup() as group:
        relay = Relay(pool, access)
        name = f"dying-{uuid4()}"  # a group of its own: nobody waits for the dead member's session
        consumer = Consumer[Any](
            "triage", name, [INTAKE_REQUESTS], access, pool, handle, hold_s=HOLD_S
        )
        stopping = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
        group.create_task(relay.run(stopping))
        group.create_task(consumer.run(stopping))


if __name__ == "__main__":
    configure_logging("triage", "INFO")
    asyncio.run(run(*sys.argv[1:]))
