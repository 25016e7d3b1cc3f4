"""Simulated bureaus: they complete some work orders, and record the arrival of all."""

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from shared.catalogue import load_catalogue
from shared.contract.topics import bureau_work
from shared.runtime.clock import utc_now
from shared.runtime.kafka import BrokerDownError, KafkaSink, Partition, open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing

_NEXT_STATUS = {"issued": "acknowledged", "acknowledged": "completed"}
_RESPONSE_SHARE = 0.4
_RETRY_S = 0.5


class Bureaus:
    """All bureaus of the city.

    Attributes:
        ahead_s: Seconds from now to the time of the latest work order, positive in the future.
        is_responding: False stops their updates; arrivals are still recorded.
        arrived: Monotonic time of the first work order of each request, by request id.
    """

    def __init__(self, access: KafkaAccess, seed: int) -> None:
        self._access = access
        self._random = Random(seed)
        self._handled: set[tuple[str, str]] = set()
        self.arrived: dict[str, float] = {}
        self.ahead_s = 0.0
        self.is_responding = True

    async def work_offsets(self) -> Mapping[Partition, int]:
        """Return the ends of the work topics: later work orders are new."""
        topics = [bureau_work(code).name for code in load_catalogue().bureau_codes]
        return await end_offsets(self._access, topics)

    async def run(self, since: Mapping[Partition, int]) -> None:
        """Process work orders until cancelled."""
        async with follow(self._access, since) as tail:
            while True:
                updates: list[Outgoing] = []
                async with open_sink(self._access) as sink:
                    while True:
                        for record in await tail.poll(within_s=0.2):
                            updates += self._process(json.loads(record.value or b"{}"))
                        try:
                            await self._publish(sink, updates)
                        except BrokerDownError:
                            break
                        updates = []
                await asyncio.sleep(_RETRY_S)

    async def _publish(self, sink: KafkaSink, updates: list[Outgoing]) -> None:
        if updates:
            await sink.publish(updates)

    def _process(self, event: dict[str, Any]) -> list[Outgoing]:
        self.arrived.setdefault(event["correlationid"], time.monotonic())
        self.ahead_s = (datetime.fromisoformat(event["time"]) - utc_now()).total_seconds()
        order = event["data"]
        status = _NEXT_STATUS.get(order["status"])
        if order["role"] != "lead" or status is None:
            return []
        if (order["work_order_id"], status) in self._handled:
            return []
        self._handled.add((order["work_order_id"], status))
        if not self.is_responding or self._random.random() > _RESPONSE_SHARE:
            return []
        return [self._update(order, status)]

    def _update(self, order: dict[str, Any], status: str) -> Outgoing:
        update_id = str(UUID(int=self._random.getrandbits(128), version=4))
        now = utc_now().isoformat()
        event = {
            "specversion": "1.0",
            "id": update_id,
            "source": f"/bureau/{order['bureau'].lower()}",
            "type": "route311.work_order.update.v1",
            "time": now,
            "datacontenttype": "application/json",
            "data": {
                "work_order_id": order["work_order_id"],
                "bureau": order["bureau"],
                "status": status,
                "at": now,
            },
        }
        topic = f"bureau-{order['bureau'].lower()}-updates"
        return Outgoing(update_id, topic, order["case_id"].encode(), json.dumps(event).encode())
