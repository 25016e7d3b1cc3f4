"""Statuses of another system become updates of its bureau, by the rules of all updates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from services.dispatch.channels.forwarding.rules.open311 import RemoteProgress
from services.dispatch.channels.forwarding.store.forwards import move
from services.dispatch.handlers.incoming import on_update_call
from services.dispatch.inbound.external import incoming_update
from services.dispatch.policy import DispatchPolicy
from services.dispatch.store.bureau_events import keep_events
from services.dispatch.store.postgres import PostgresDispatchStore
from shared.contract.events import WorkOrderUpdated, new_id
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Pool, transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RemoteUpdates:
    """Takes what is new in the system of one bureau."""

    pool: Pool
    policy: DispatchPolicy
    on_commit: HandOver
    bureau: str
    clock: Callable[[], datetime]

    async def take(
        self, work_order_id: str, service_request_id: str, progress: RemoteProgress
    ) -> None:
        """Update a work order once for each status that its request gets.

        A status that the work order cannot have any more is refused, and changes nothing.

        Args:
            work_order_id: The work order.
            service_request_id: Id of its request there.
        """
        now = self.clock()
        event = self._event(work_order_id, service_request_id, progress, now)
        async with transaction(self.pool) as db:
            if not await move(db, work_order_id, progress.status):
                return
            store = PostgresDispatchStore(db)
            incoming = incoming_update(event, self.bureau)
            receipt, events = await on_update_call(incoming, store, self.policy, now)
            batches = await enqueue(db, await keep_events(db, events))
        self.on_commit(batches)
        if receipt.code:
            log.info("remote_status_refused", work_order=work_order_id, code=receipt.code)

    def _event(
        self,
        work_order_id: str,
        service_request_id: str,
        progress: RemoteProgress,
        now: datetime,
    ) -> WorkOrderUpdated:
        is_declined = progress.status == "declined"
        return WorkOrderUpdated(
            id=new_id(),
            source=f"/open311/{self.bureau}",
            time=now,
            data={
                "work_order_id": work_order_id,
                "bureau": self.bureau,
                "status": progress.status,
                "at": progress.at.isoformat(),
                "public_note": None if is_declined else progress.note,
                "reason": progress.note if is_declined else None,
                "external_id": service_request_id,
            },
        )
