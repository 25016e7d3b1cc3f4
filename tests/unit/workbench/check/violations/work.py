"""Violations about work orders and cases."""

from tests.unit.workbench.check.history import History
from tests.unit.workbench.check.violations.registry import closed_case, lead_orders, swap, violates


@violates("I3")
def a_bureau_is_not_told_of_its_work(history: History) -> None:
    history.remove(lead_orders(history)[0])


@violates("I3")
def a_bureau_is_not_told_of_a_change_in_between(history: History) -> None:
    history.remove(lead_orders(history)[1])


@violates("I3")
def a_bureau_is_not_told_of_the_last_change(history: History) -> None:
    history.remove(lead_orders(history)[-1])


@violates("I3")
def dispatch_forgets_a_work_order(history: History) -> None:
    (row,) = history.rows("dispatch_work_orders", case_id=closed_case(history), role="informed")
    history.tables["dispatch_work_orders"].remove(row)


@violates("I3")
def a_work_order_is_not_as_it_was_told(history: History) -> None:
    (row,) = history.rows("dispatch_work_orders", case_id=closed_case(history), role="informed")
    history.set("dispatch_work_orders", row, status="in_progress")


@violates("I3")
def a_work_order_does_not_carry_the_present_count(history: History) -> None:
    lead_orders(history)[-1].edit(request_count=7)


@violates("I3")
def a_case_is_not_as_it_was_told(history: History) -> None:
    (row,) = history.rows("dispatch_cases", case_id=closed_case(history))
    history.set("dispatch_cases", row, status="declined")


@violates("I3")
def a_bureau_has_two_work_orders_at_once(history: History) -> None:
    (row,) = history.rows("dispatch_work_orders", case_id=closed_case(history), role="informed")
    orders = history.of("work_order.changed", work_order_id=row[0])[-1].again()
    orders.edit(work_order_id="second", version=1)
    history.sent.append(orders)
    history.feed.append([orders.data["bureau"], 0, orders.event_id, None])
    history.tables["forwards"].append(["second", orders.data["bureau"], "sent", 0, None, 0])
    second = ["second", *row[1:]]
    history.set("dispatch_work_orders", second, number=3, version=1, reminded="")
    history.tables["dispatch_work_orders"].append(second)


@violates("I3")
def a_case_has_no_lead(history: History) -> None:
    (row,) = history.rows("dispatch_work_orders", case_id=closed_case(history), role="lead")
    history.set("dispatch_work_orders", row, role="informed")


@violates("I4")
def two_versions_of_a_work_order_change_places(history: History) -> None:
    first, second, *_ = lead_orders(history)
    swap(history, first, second)


@violates("I4")
def two_versions_of_a_work_order_change_places_in_the_feed(history: History) -> None:
    first, second, *_ = (
        next(row for row in history.feed if row[2] == order.event_id)
        for order in lead_orders(history)
    )
    first[1], second[1] = second[1], first[1]


@violates("I4")
def two_events_of_a_case_change_places(history: History) -> None:
    case_id = closed_case(history)
    opened, joined = (
        history.case_event(kind, case_id=case_id) for kind in ("opened", "request_attached")
    )
    swap(history, opened, joined)


@violates("I4")
def a_bureau_hears_an_older_state_of_a_case_last(history: History) -> None:
    lead_orders(history)[0].edit(case_version=99)


@violates("I5")
def a_work_order_becomes_less_urgent(history: History) -> None:
    lead_orders(history)[1].edit(priority={"level": "P5", "score": -1})


@violates("I5")
def a_case_falls_by_a_level(history: History) -> None:
    raised = history.case_event("priority_raised").data
    changed = history.case_event("status_changed", case_id=raised["case_id"])
    changed.edit(priority={"level": "P5", "score": raised["priority"]["score"]})


@violates("I5")
def a_case_falls_within_its_level(history: History) -> None:
    joined = history.case_event("request_attached", case_id=closed_case(history))
    priority = joined.data["priority"]
    joined.edit(priority=priority | {"score": priority["score"] - 1})
