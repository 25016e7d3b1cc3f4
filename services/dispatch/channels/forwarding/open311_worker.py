"""Worker that forwards the work orders of one bureau, and polls their statuses."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from opentelemetry.trace import SpanKind

from services.dispatch.channels.forwarding.open311_client import CallFailedError, Open311Client
from services.dispatch.channels.forwarding.rules import forwards
from services.dispatch.channels.forwarding.rules.open311 import RemoteProgress, id_of, progress_of
from services.dispatch.channels.forwarding.store.forwards import FIRST, ForwardQueue, move
from services.dispatch.ports import DispatchPorts
from shared.contract.events import WorkOrderUpdated, new_id
from shared.runtime.ops.metrics import FORWARDS
from shared.runtime.ops.shutdown import WokenWork, cancel_on_stop
from shared.runtime.ops.tracing import span_below
from shared.runtime.postgres import transaction
from shared.vocabulary import FINAL_STATUSES

log = structlog.get_logger()

POLL_EVERY = timedelta(minutes=5)
_LOOK_EVERY_S = 1.0
_GRACE_S = 2.0
_IDS_PER_CALL = 50


@dataclass(slots=True)
class Open311Worker:
    """Sends the work orders of one bureau, one at a time, the most urgent first.

    A try is committed before the call. Where an earlier try may have arrived, its request is
    searched for before it is sent again.
    """

    core: DispatchPorts
    queue: ForwardQueue
    client: Open311Client
    poll_every: timedelta = POLL_EVERY
    _forwarding: WokenWork = field(default_factory=lambda: WokenWork(_LOOK_EVERY_S), init=False)

    def wake(self) -> None:
        """Look at once: this process added events."""
        self._forwarding.wake()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send work orders, and poll statuses, until asked to stop."""
        bureau = self.queue.bureau
        await self._forwarding.run(
            stopping,
            lambda: cancel_on_stop(stopping, self.step(), grace_s=_GRACE_S),
            lambda error: log.warning("forwarding_postponed", code=error.code, bureau=bureau),
        )

    async def step(self) -> bool:
        """Send the next work order, and poll statuses if due; returns as ``send_next``."""
        sent = await self.send_next()
        await self.poll()
        return sent

    async def send_next(self) -> bool:
        """Send the next work order that is due; return False when none is."""
        now, bureau = self.core.clock(), self.queue.bureau
        before = await self.queue.begin(now)
        if before is None:
            return False
        with span_below(before.traceparent, "deliver open311", SpanKind.CLIENT, {"bureau": bureau}):
            result = await self._try(before)
        after = await self.queue.end(before, result, now, random.uniform(-1, 1))  # noqa: S311 - no secret
        FORWARDS.labels(bureau, after.state if after.state != "pending" else "failed").inc()
        if after.state == "parked":
            log.error("forward_parked", bureau=bureau, work_order=after.work_order_id)
        return True

    async def _try(self, before: forwards.Forward) -> forwards.TryResult:
        order = await self.core.work_order(before.work_order_id)
        if order is None:
            return forwards.Refused("dropped", "there is no such work order")
        if order.service_code not in self.client.to.service_codes:
            return forwards.Refused(
                "parked", f"unmapped_kind: {order.service_code} has no code there"
            )
        try:
            if before.tried_at and (known := await self.client.find(order, before.tried_at)):
                return forwards.Taken(*known)
        except CallFailedError as error:
            return forwards.Failed(error.outcome, f"search: {error.reason}", may_have_arrived=True)
        if order.status in FINAL_STATUSES:
            return forwards.Refused("dropped", f"{order.status} before it was sent")
        return await self.client.submit(order)

    async def poll(self) -> None:
        """Poll the statuses of the requests if due, and apply new ones."""
        if not await self.queue.begin_poll(self.core.clock(), self.poll_every):
            return
        after = FIRST
        try:
            while page := await self.queue.sent(after, _IDS_PER_CALL):
                after = page[-1].work_order_id
                await self._read(page)
        except CallFailedError as error:
            log.warning("statuses_not_read", bureau=self.queue.bureau, reason=error.reason)

    async def _read(self, page: Sequence[forwards.Forward]) -> None:
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
            if progress := progress_of(entry, self.core.clock()):
                await self._update(order, request_id, progress)

    async def _update(self, work_order_id: str, request_id: str, progress: RemoteProgress) -> None:
        """Update a work order once per remote status; an impossible one is refused."""
        bureau, is_declined = self.queue.bureau, progress.status == "declined"
        event = WorkOrderUpdated(
            id=new_id(),
            source=f"/open311/{bureau}",
            time=self.core.clock(),
            data={
                "work_order_id": work_order_id,
                "bureau": bureau,
                "status": progress.status,
                "at": progress.at.isoformat(),
                "public_note": None if is_declined else progress.note,
                "reason": progress.note if is_declined else None,
                "external_id": request_id,
            },
        )
        async with transaction(self.queue.pool) as db:
            if not await move(db, work_order_id, progress.status):
                return
            receipt, batches = await self.core.update(db, event, bureau)
        self.core.on_commit(batches)
        if receipt.code:
            log.info("remote_status_refused", work_order=work_order_id, code=receipt.code)

    async def _redeem(self, forward: forwards.Forward) -> str | None:
        """Return and store the id that a token stands for; None while there is none."""
        known = await self.client.id_of_token(forward.token or "")
        if known:
            await self.queue.set_id(forward.work_order_id, known)
        return known
