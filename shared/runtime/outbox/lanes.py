"""Two relays of one outbox, so that an urgent record waits for no others."""

import asyncio
from collections.abc import Sequence

from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outbox.outbox import EXPRESS_BUCKETS, KEY_BUCKETS, OutboxBatch
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Pool


class ExpressAndOthers:
    """A relay of the express topics, and one of all others.

    Each has a connection and a producer of its own. Of a topic and key all records go through one
    of them, so they stay in order.
    """

    def __init__(self, pool: Pool, access: KafkaAccess) -> None:
        """Take the service's database, and where Kafka is."""
        self._relays = [Relay(pool, access, part) for part in (EXPRESS_BUCKETS, KEY_BUCKETS)]

    def hand_over(self, batches: Sequence[OutboxBatch]) -> None:
        """Publish batches that were committed."""
        for relay in self._relays:
            relay.hand_over(batches)

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until asked to stop."""
        async with asyncio.TaskGroup() as running:
            for relay in self._relays:
                running.create_task(relay.run(stopping))
