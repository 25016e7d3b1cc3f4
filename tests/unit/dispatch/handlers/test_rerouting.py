"""Corrections of the kind and the place of a case, which route it anew."""

from typing import Any

import pytest

from shared.contract.events import (
    CaseKindChanged,
    CasePlaceChanged,
    CaseStatusChanged,
    LikelyKind,
    WorkOrderChanged,
    WorkOrderIssued,
)
from tests.support.builders import location
from tests.support.dispatch.factories import HOUR, command_message, harbour_request, triaged
from tests.unit.dispatch.handlers.test_stated_places import with_neighbour
from tests.unit.dispatch.harness import DispatchHarness, of_type

KINDS = (LikelyKind(service_code="POTHOLE", name="Pothole", probability=0.3),)


@pytest.fixture
def desk() -> DispatchHarness:
    return DispatchHarness()


async def order(desk: DispatchHarness, name: str, **changes: Any) -> list[Any]:
    return await desk.handle(command_message(name, desk.store.all[0].case_id, **changes))


async def test_an_unsure_case_gets_its_kind_its_bureau_and_its_deadline(
    desk: DispatchHarness,
) -> None:
    request = harbour_request(
        service_code="OTHER", dedup_group="other", unsure=True, kinds=KINDS, description=" "
    )
    await desk.handle(triaged(of=request, level="P4", service_code="OTHER"))
    [before] = desk.store.all
    assert (before.lead_bureau, before.problem.unsure) == ("ROADS", True)

    events = await order(desk, "change_kind", service_code="PARK-HAZARD", actor="Kim")

    [case] = desk.store.all
    changed, moved = events[:2]
    assert isinstance(changed, CaseKindChanged)
    assert (changed.data.service_code, changed.data.previous_service_code) == (
        "PARK-HAZARD",
        "OTHER",
    )
    assert (changed.data.unsure, changed.data.kinds) == (False, ())
    assert changed.data.previous_dedup_group == before.dedup_group != case.dedup_group
    assert isinstance(moved, CaseStatusChanged)
    assert (moved.data.lead_bureau, moved.data.previous_lead) == ("RANGERS", "ROADS")
    assert (case.service_code, case.problem.service_name) == ("PARK-HAZARD", "Danger in a park")
    assert case.problem.summary == "Danger in a park"
    assert {order.bureau: order.status for order in case.orders} == {
        "ROADS": "transferred",
        "PARKS": "issued",
        "RANGERS": "issued",
    }
    assert case.lead.due.complete_by - case.first_reported_at <= 24 * HOUR
    assert {one.data.bureau for one in of_type(WorkOrderIssued, events)} == {"PARKS", "RANGERS"}
    assert [one.data.status for one in of_type(WorkOrderChanged, events)] == ["transferred"]
    assert {one.service_code for one in desk.store.case_requests.values()} == {"PARK-HAZARD"}
    assert [e.text for e in desk.store.history if e.what == "kind_changed"] == [
        "Kind changed from OTHER to PARK-HAZARD."
    ]


async def test_a_kind_of_the_same_bureau_is_no_transfer(desk: DispatchHarness) -> None:
    await desk.open_case("POTHOLE")
    before = desk.store.all[0].lead

    events = await order(desk, "change_kind", service_code="SIDEWALK")

    [case] = desk.store.all
    assert not of_type(CaseStatusChanged, events)
    assert case.lead.work_order_id == before.work_order_id
    assert case.lead.due.acknowledge == before.due.acknowledge
    assert case.lead.due.complete_by < before.due.complete_by
    assert [o.bureau for o in case.orders] == ["ROADS", "DESK"]


async def test_a_bureau_that_gets_it_back_has_a_new_work_order(desk: DispatchHarness) -> None:
    await desk.open_case("SIDEWALK")
    await order(desk, "change_kind", service_code="PARK-HAZARD")
    await order(desk, "change_kind", service_code="SIDEWALK")

    [case] = desk.store.all
    assert [(o.bureau, o.role, o.status) for o in case.orders] == [
        ("ROADS", "lead", "transferred"),
        ("DESK", "informed", "transferred"),
        ("RANGERS", "lead", "transferred"),
        ("PARKS", "informed", "transferred"),
        ("ROADS", "lead", "issued"),
        ("DESK", "informed", "issued"),
    ]


async def test_a_case_of_the_right_kind_can_be_merged(desk: DispatchHarness) -> None:
    await desk.open_case("POTHOLE")
    await desk.open_case("PARK-HAZARD", dedup_group="parks")
    hole, other = (case.case_id for case in desk.store.all)
    merge = command_message("merge_case", other, into_case=hole)

    assert await desk.refusal_codes(merge) == ["other_group"]
    await desk.handle(command_message("change_kind", other, service_code="SINKHOLE"))
    await desk.handle(command_message("merge_case", other, into_case=hole))
    assert desk.store.all[1].merged_into == hole


async def test_a_place_is_corrected_and_the_history_tells_from_what_to_what(
    desk: DispatchHarness,
) -> None:
    at = location(latitude=45.5, longitude=-122.6, address="12 Quay St")
    event = triaged(of=harbour_request(location=at), level="P4")
    await desk.handle(event)

    place = {"latitude": 45.51, "longitude": -122.61, "address": "9 Main St, ana@example.org"}
    changed, *_ = await order(desk, "change_place", location=place)

    [case] = desk.store.all
    assert isinstance(changed, CasePlaceChanged)
    assert changed.data.location == case.problem.location
    assert (changed.data.location.latitude, changed.data.location.precision) == (45.51, "point")
    assert (changed.data.location.address, changed.data.previous_location) == (
        "9 Main St, [removed]",
        at,
    )
    assert changed.data.opened_by == event.data.request_id
    stored = desk.store.case_requests[event.data.request_id]
    assert stored.problem.location == case.problem.location
    assert desk.store.history[-1].text == (
        "Place changed from 12 Quay St, 45.50000, -122.60000 to 9 Main St, [removed], "
        "45.51000, -122.61000."
    )


async def test_a_place_leads_from_the_desk_to_its_bureau(desk: DispatchHarness) -> None:
    nowhere = location(latitude=None, longitude=None, precision="none")
    await desk.handle(triaged(of=harbour_request(location=nowhere), level="P4"))
    before = desk.store.all[0].lead_bureau

    await order(desk, "change_place", location={"address": "12 Quay St"})

    [case] = desk.store.all
    assert (case.lead_bureau, case.problem.location.precision) == ("ROADS", "address")  # type: ignore[attr-defined]
    assert before in {"ROADS", "DESK"}


async def test_a_place_outside_the_city_stays_with_a_note_of_whom_to_tell() -> None:
    desk = DispatchHarness(with_neighbour("harbour.gov"))
    await desk.open_case("POTHOLE")
    await order(desk, "change_place", location={"address": "Far away"})
    assert desk.store.all[0].problem.notes == ()
