"""A case of three bureaus: its decision, its work orders and their updates."""

from collections.abc import Sequence
from typing import Any

from shared.contract.events import (
    RequestTriaged,
    WorkOrder,
    WorkOrderUpdated,
    encode,
    new_id,
)
from shared.contract.topics import DISPATCH_CASES, bureau_receipts, bureau_updates, bureau_work
from tests.support.builders import (
    decision,
    priority,
    request,
    request_triaged,
    work_order_updated,
)
from tests.support.dispatch.event_log import EventLog
from tests.support.topic_log import TopicLog

LEAD, INFORMED = "PBOT-MOD", ("BES", "WATER")
BUREAUS = (LEAD, *INFORMED)


def sinkhole(case_id: str | None = None, level: str = "P1", score: int = 80) -> RequestTriaged:
    of = request(service_code="ROW-SINKHOLE", dedup_group="pavement")
    return request_triaged(
        decision(of, case_id=case_id or new_id(), priority=priority(level, score))
    )


async def send_update(log: TopicLog, sender: str, event: WorkOrderUpdated) -> None:
    await log.write(bureau_updates(sender), "case", encode(event))


async def opened(log: TopicLog, decided: RequestTriaged) -> dict[str, WorkOrder]:
    """Open a case; return the first work order of each bureau."""
    await log.publish(decided)
    return {bureau: (await log.at_least(1, bureau_work(bureau)))[0].data for bureau in BUREAUS}


def update(of: WorkOrder, status: str, **changes: Any) -> WorkOrderUpdated:
    fields = {"work_order_id": of.work_order_id, "bureau": of.bureau, "status": status}
    return work_order_updated(**(fields | changes))


async def all_events(log: TopicLog, bureaus: Sequence[str] = BUREAUS) -> EventLog:
    events = EventLog()
    events.append(await log.events(DISPATCH_CASES))
    for bureau in bureaus:
        events.append(await log.events(bureau_work(bureau)))
        events.append(await log.events(bureau_receipts(bureau)))
    return events
