"""The city's bureaus: they take some of the work, finish it, and note what arrives when."""

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
from shared.runtime.kafka import BrokerDownError, Partition, Sink, open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.outbox.records import Outgoing

_NEXT = {"issued": "acknowledged", "acknowledged": "completed"}
_TAKEN_SHARE = 0.4
_AGAIN_AFTER_S = 0.5


class Bureaus:
    """Every bureau of the router.

    Attributes:
        ahead_s: By how much the work that came last was dated in the future, in seconds.
        at_work: Whether they still answer; what arrives is noted all the same.
        arrived: When the first work for a request came to a bureau, by request.
    """

    def __init__(self, bootstrap: str, seed: int) -> None:
        self._bootstrap = bootstrap
        self._random = Random(seed)
        self._done: set[tuple[str, str]] = set()
        self.arrived: dict[str, float] = {}
        self.ahead_s = 0.0
        self.is_responding = True

    async def work_offsets(self) -> Mapping[Partition, int]:
        """Return from where on work is new."""
        topics = [bureau_work(code).name for code in load_catalogue().bureau_codes]
        return await end_offsets(self._bootstrap, topics)

    async def run(self, since: Mapping[Partition, int]) -> None:
        """Work until cancelled."""
        async with follow(self._bootstrap, since) as tail:
            while True:
                said: list[Outgoing] = []
                async with open_sink(self._bootstrap) as sink:
                    while True:
                        for record in await tail.poll(within_s=0.2):
                            said += self._hear(json.loads(record.value or b"{}"))
                        try:
                            await self._say(sink, said)
                        except BrokerDownError:
                            break
                        said = []
                await asyncio.sleep(_AGAIN_AFTER_S)

    async def _say(self, sink: Sink, said: list[Outgoing]) -> None:
        if said:
            await sink.publish(said)

    def _hear(self, event: dict[str, Any]) -> list[Outgoing]:
        self.arrived.setdefault(event["correlationid"], time.monotonic())
        self.ahead_s = (datetime.fromisoformat(event["time"]) - utc_now()).total_seconds()
        order = event["data"]
        step = _NEXT.get(order["status"])
        if order["role"] != "lead" or step is None:
            return []
        if (order["work_order_id"], step) in self._done:
            return []
        self._done.add((order["work_order_id"], step))
        if not self.is_responding or self._random.random() > _TAKEN_SHARE:
            return []
        return [self._update(order, step)]

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
