"""The worker that forwards the work orders of one bureau, and reads what became of them."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from services.dispatch.channels.forwarding.open311_client import CallFailedError, Open311Client
from services.dispatch.channels.forwarding.rules.forwards import (
    Failed,
    Forward,
    Refused,
    Taken,
    TryResult,
)
from services.dispatch.channels.forwarding.rules.open311 import id_of, progress_of
from services.dispatch.channels.forwarding.store.forwards import FIRST, ForwardQueue
from services.dispatch.channels.forwarding.updates import RemoteUpdates
from services.dispatch.outbound import work_order_state
from services.dispatch.store.postgres import find_work_order
from shared.contract.events import WorkOrder
from shared.runtime.ops.metrics import FORWARDS
from shared.runtime.ops.shutdown import WokenWork, cancel_on_stop
from shared.vocabulary import FINAL_STATUSES

log = structlog.get_logger()

POLL_EVERY = timedelta(minutes=5)
_LOOK_EVERY_S = 1.0
_GRACE_S = 2.0
_IDS_PER_CALL = 50


@dataclass(slots=True)
class Open311Worker:
    """Sends one work order at a time, the most urgent first; others have workers of their own.

    A try is committed before the call. Where an earlier one may have arrived, the request is looked
    for before it is sent again.

    Attributes:
        queue: What is to be sent.
        updates: Takes what is new there.
        poll_every: Time between two looks at the statuses.
    """

    queue: ForwardQueue
    client: Open311Client
    updates: RemoteUpdates
    clock: Callable[[], datetime]
    poll_every: timedelta = POLL_EVERY
    _forwarding: WokenWork = field(default_factory=lambda: WokenWork(_LOOK_EVERY_S), init=False)

    def wake(self) -> None:
        """Look at once: this process has added events."""
        self._forwarding.wake()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send, and read statuses, until asked to stop."""
        bureau = self.queue.bureau
        await self._forwarding.run(
            stopping,
            lambda: cancel_on_stop(stopping, self.step(), grace_s=_GRACE_S),
            lambda error: log.warning("forwarding_postponed", code=error.code, bureau=bureau),
        )

    async def step(self) -> bool:
        """Send the next work order, and read statuses when it is time; as ``send_next``."""
        sent = await self.send_next()
        await self.poll()
        return sent

    async def send_next(self) -> bool:
        """Send the next work order that is due; return False when none is."""
        now, bureau = self.clock(), self.queue.bureau
        before = await self.queue.begin(now)
        if before is None:
            return False
        result = await self._try(before)
        after = await self.queue.end(before, result, now, random.uniform(-1, 1))  # noqa: S311 - no secret
        FORWARDS.labels(bureau, after.state if after.state != "pending" else "failed").inc()
        if after.state == "parked":
            log.error("forward_parked", bureau=bureau, work_order=after.work_order_id)
        return True

    async def _try(self, before: Forward) -> TryResult:
        found = await find_work_order(self.queue.pool, before.work_order_id)
        if found is None:
            return Refused("dropped", "there is no such work order")
        order = work_order_state(*found)
        if order.service_code not in self.client.to.service_codes:
            return Refused("parked", f"unmapped_kind: {order.service_code} has no code there")
        try:
            if before.tried_at and (known := await self.client.find(order, before.tried_at)):
                return Taken(*known)
        except CallFailedError as error:
            return Failed(error.outcome, f"search: {error.reason}", may_have_arrived=True)
        return await self._submit(order)

    async def _submit(self, order: WorkOrder) -> TryResult:
        if order.status in FINAL_STATUSES:
            return Refused("dropped", f"{order.status} before it was sent")
        return await self.client.submit(order)

    async def poll(self) -> None:
        """Read the statuses of the requests, if it is time, and take what is new."""
        if not await self.queue.begin_poll(self.clock(), self.poll_every):
            return
        after = FIRST
        try:
            while page := await self.queue.sent(after, _IDS_PER_CALL):
                after = page[-1].work_order_id
                await self._read(page)
        except CallFailedError as error:
            log.warning("statuses_not_read", bureau=self.queue.bureau, reason=error.reason)

    async def _read(self, page: Sequence[Forward]) -> None:
        orders = dict[str, str]()
        for forward in page:
            known = forward.service_request_id or await self._redeem(forward)
            if known:
                orders[known] = forward.work_order_id
        entries = await self.client.requests(list(orders)) if orders else {}
        for known, entry in entries.items():
            order, request_id = orders[known], id_of(entry) or known
            if request_id != known:
                await self.queue.set_id(order, request_id)
            if progress := progress_of(entry, self.clock()):
                await self.updates.take(order, request_id, progress)

    async def _redeem(self, forward: Forward) -> str | None:
        """Return the id that a token stands for, and keep it; None while there is none."""
        known = await self.client.id_of_token(forward.token or "")
        if known:
            await self.queue.set_id(forward.work_order_id, known)
        return known
