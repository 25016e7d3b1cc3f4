"""Where dispatch is put together; the only module that knows which part meets which."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from services.dispatch.handlers import Incoming, on_messages
from services.dispatch.policy import Policy
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.cases import PostgresCases
from shared.catalogue import load_catalogue_with_indexes
from shared.contract.events import Event
from shared.contract.topics import OPERATOR_COMMANDS, TRIAGE_DECISIONS, bureau_updates
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.messages import Message
from shared.runtime.ops.service import Parts
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.records import Outgoing
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, open_pool


@asynccontextmanager
async def dispatch(settings: DispatchSettings) -> AsyncGenerator[Parts]:
    """Open what dispatch needs, yield its parts, and close it all in reverse order."""
    policy = Policy.of(await asyncio.to_thread(load_catalogue_with_indexes))

    async def handle(
        messages: Sequence[Message[Incoming]], db: Connection
    ) -> Sequence[Event | Outgoing]:
        return await on_messages(messages, PostgresCases(db), policy, utc_now())

    async with open_pool(settings.postgres_dsn.get_secret_value()) as pool:
        relay = Relay(pool, settings.kafka_bootstrap)
        consumer = Consumer[Incoming](
            service="dispatch",
            name="dispatch",
            topics=[
                TRIAGE_DECISIONS,
                OPERATOR_COMMANDS,
                *map(bureau_updates, policy.senders.values()),
            ],
            bootstrap=settings.kafka_bootstrap,
            pool=pool,
            handle=handle,
            deduplicates=False,  # a request counts once anyway; ids are a bureau's own
            committed=relay.wake,
        )
        housekeeping = Housekeeping.of(pool, settings, consumer.topics)
        yield Parts(
            pool, work=[consumer.run, relay.run, housekeeping.run], must_be_ready=[consumer]
        )
