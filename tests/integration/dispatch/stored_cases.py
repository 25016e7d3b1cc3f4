"""Cases in a store of dispatch, written and read back."""

from typing import Any

from services.dispatch.records.changes import ChangeSet
from services.dispatch.rules.case import Case
from services.dispatch.unit_of_work import DispatchStore
from shared.contract.events import new_id
from tests.support.dispatch.factories import case, case_priority, case_request, order, problem


def opening(*cases: Case) -> ChangeSet:
    issued = [(opened.case_id, order) for opened in cases for order in opened.orders]
    requests = [case_request(opened.opened_by, opened.case_id) for opened in cases]
    return ChangeSet(opened_cases=cases, new_orders=issued, joined_requests=requests)


def case_of_two_bureaus(**changes: Any) -> Case:
    fields: dict[str, Any] = {
        "priority": case_priority("P2", 60, "swerving"),
        "linked_case": new_id(),
        "problem": problem(notes=("Call first",), attributes={"lanes": ["left", "right"], "n": 2}),
    }
    return case(order("ROADS"), order("WATER", role="informed"), **(fields | changes))


async def load_one(store: DispatchStore, wanted: Case) -> Case:
    found = await store.load([wanted.case_id], [])
    return next(one for one in found if one.case_id == wanted.case_id)
