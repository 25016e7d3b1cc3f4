"""A valid history, made by the services' own handlers on tables in memory."""

from datetime import timedelta
from typing import Any

from shared.contract.topics import (
    CHANNEL_SUBMISSIONS,
    TRIAGE_DECISIONS,
)
from tests.support.builders import (
    NOON,
    PIONEER_SQUARE,
    handed_in,
    location,
    north_of,
    note_added,
    submission,
)
from tests.unit.workbench.check.history import History
from tests.unit.workbench.check.small_router import BEYOND_THE_LIMITS, POISON, Router


def report(metres: float = 0, **changes: Any) -> dict[str, Any]:
    """Return a report about a low limb, some metres north of the square, by a follower."""
    point = north_of(PIONEER_SQUARE, metres)
    place = {"latitude": point.latitude, "longitude": point.longitude}
    fields: dict[str, Any] = {
        "service_code": "TREE-LOWLIMB",
        "description": "A limb hangs low over the sidewalk",
        "location": place,
        "reporter": {
            "email": f"ana{metres}@example.org",
            "phone": "+15035550100",
            "status_updates": ["email"],
        },
    }
    return submission(**(fields | changes))


async def valid_history() -> History:
    """Return a history with repeats, hazards, closings, corrections and poison of two cities."""
    router = Router()
    router.park(CHANNEL_SUBMISSIONS.name, POISON, "intake")
    router.park(TRIAGE_DECISIONS.name, b"{}", "intake", "dispatch", "notify", "insight")
    first = handed_in(report(), id="first")
    await router.hand_in(first)
    await router.hand_in(first)
    await router.hand_in(handed_in(report(description="Else"), id="first"))
    await router.hand_in(handed_in(report(5, reporter=None), id="same place"))
    await router.post(
        handed_in(
            report(8, description="A limb hangs low over the sidewalk, on a sparking power line"),
            id="urgent",
            source="/http/demo",
        )
    )
    await router.hand_in(handed_in(report(5_000), id="elsewhere"))
    await router.hand_in(handed_in({"jurisdiction": "nowhere"}, id="wrong"))
    beyond = {
        "latitude": BEYOND_THE_LIMITS.latitude,
        "longitude": BEYOND_THE_LIMITS.longitude,
    }
    await router.hand_in(handed_in(report(location=beyond), id="beyond"))
    asked: dict[str, Any] = {
        "service_code": "INFO-GENERAL",
        "description": "What day is garbage pickup?",
    }
    await router.hand_in(handed_in(report(**asked), id="question"))
    boston: dict[str, Any] = {
        "jurisdiction": "boston.gov",
        "service_code": "BOS-BUILDING-INSPECTION-REQUEST",
    }
    await router.hand_in(handed_in(report(**boston), id="boston"))
    await _work(router)
    await _correct(router)
    await _state_the_place(router)
    await router.remind(NOON + timedelta(days=100))
    soon = (NOON + timedelta(minutes=30)).isoformat()
    await router.hand_in(handed_in(report(3), id="after the closing", time=soon))
    blurred = report(5_010, description="Branch too low")
    blurred["location"]["accuracy_m"] = 400
    await router.hand_in(handed_in(blurred, id="perhaps the same"))
    return router.history()


async def _work(router: Router) -> None:
    limb, elsewhere, inspection = router.work.all
    lead, informed = limb.orders
    await router.update(lead.bureau, lead.work_order_id, "acknowledged")
    await router.update(informed.bureau, informed.work_order_id, "acknowledged")
    await router.update(informed.bureau, lead.work_order_id, "completed")  # not its own
    await router.update(lead.bureau, lead.work_order_id, "completed", public_note="Cut")
    order = elsewhere.lead
    await router.update(order.bureau, order.work_order_id, "transferred", transfer_to="PBOT-MOD")
    (order,) = inspection.orders
    await router.update(order.bureau, order.work_order_id, "declined", reason="No permit needed")


async def _correct(router: Router) -> None:
    for metres in (8_000, 8_003, 8_006, 9_000):
        await router.hand_in(handed_in(report(metres), id=f"at {metres}"))
    *_, mistaken, far = router.work.all
    of_case = [r for r, case_id in router.work.requests.items() if case_id == mistaken.case_id]
    case_id = mistaken.case_id
    await router.order("raise_priority", case_id, level="P2")
    await router.order("lower_priority", case_id, level="P4")
    await router.order("split_request", case_id, request_id=of_case[1])
    await router.order("split_request", case_id, request_id=of_case[0])  # it had opened the case
    await router.order("merge_case", far.case_id, into_case=case_id)
    await router.order("transfer", case_id, bureau="PBOT-MOD")
    await router.order("close", case_id, status="completed")
    await router.order("reopen", case_id)
    await router.order("reopen", case_id)  # it is open already
    await router.hand_in(handed_in(report(8_001), id="later"))


async def _state_the_place(router: Router) -> None:
    danger = report(location=None, description="A limb is on a power line, it is sparking")
    await router.post(handed_in(danger, id="placed later", source="/sms"))
    (request,) = [sent.data for sent in router.history().of("request.submitted")[-1:]]
    names = ("request_id", "tracking_number", "jurisdiction", "dedup_group")
    place = location(north_of(PIONEER_SQUARE, 12_000))
    await router.note(note_added(location=place, **{name: request[name] for name in names}))
