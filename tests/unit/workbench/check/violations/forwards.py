"""Violations about bureaus with a system of their own."""

from tests.unit.workbench.check.history import History
from tests.unit.workbench.check.violations.registry import violates


@violates("I16")
def a_work_order_is_not_taken_up(history: History) -> None:
    history.tables["forwards"].pop()


@violates("I16")
def a_work_order_waits_and_nothing_holds_it(history: History) -> None:
    (row, *_) = history.rows("forwards", state="sent")
    history.set("forwards", row, state="pending", stuck=1)


@violates("I16")
def a_work_order_is_parked_for_no_reason(history: History) -> None:
    (row, *_) = history.rows("forwards", state="parked")
    history.set("forwards", row, reason=None)


@violates("I16")
def an_open_work_order_is_given_up(history: History) -> None:
    (order, *_) = history.rows("dispatch_work_orders", bureau="PPR-UF", status="issued")
    id_ = history.get("dispatch_work_orders", order, "work_order_id")
    (row,) = history.rows("forwards", work_order_id=id_)
    history.set("forwards", row, state="dropped", reason="completed before it was sent")


@violates("I16")
def a_digest_leaves_events_out(history: History) -> None:
    (row,) = history.tables["digests"]
    history.set("digests", row, number=0)
