"""Violations about reminders of deadlines."""

from tests.unit.workbench.check.history import History
from tests.unit.workbench.check.violations.registry import violates


@violates("I14")
def a_bureau_is_reminded_twice(history: History) -> None:
    history.sent.append(history.of("work_order.reminder")[0].again())


@violates("I14")
def dispatch_forgets_that_it_reminded(history: History) -> None:
    of = history.of("work_order.reminder")[0].data["work_order_id"]
    (row,) = history.rows("dispatch_work_orders", work_order_id=of)
    history.set("dispatch_work_orders", row, reminded="")


@violates("I14")
def a_reminder_does_not_arrive(history: History) -> None:
    history.remove(history.of("work_order.reminder")[0])
