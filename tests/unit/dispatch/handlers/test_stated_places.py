"""Places that reporters tell after a report without one, and the bureaus that get the work then."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.policy import DispatchPolicy
from shared.catalogue import ExternalAgency
from shared.contract.events import (
    CaseStatusChanged,
    Location,
    NoteAdded,
    Reassessment,
    Request,
    RequestReassessed,
    WorkOrderChanged,
    WorkOrderIssued,
    new_id,
)
from tests.support.builders import NOON, location, note_added, priority
from tests.support.dispatch.factories import (
    CITY,
    HOUR,
    POLICY,
    command_message,
    harbour_request,
    triaged,
    update_message,
)
from tests.unit.dispatch.harness import DispatchHarness, of_type

NOWHERE = Location(precision="none")
PLACE = location(precision="address", address="12 Quay St", municipality="harbour.gov")


@pytest.fixture
def desk() -> DispatchHarness:
    return DispatchHarness()


def told(request_id: str, place: Location = PLACE) -> NoteAdded:
    return note_added(
        request_id=request_id,
        jurisdiction="harbour.gov",
        text="12 Quay St",
        by="reporter",
        location=place,
    )


def with_neighbour(municipality: str) -> DispatchPolicy:
    neighbour = ExternalAgency("NEXT", "Next Town", "555-0199", None, None)
    city = replace(CITY, neighbours={municipality: neighbour})
    return replace(POLICY, catalogue=replace(POLICY.catalogue, jurisdictions={city.id: city}))


def unplaced(kind: str = "SINKHOLE") -> Request:
    return harbour_request(service_code=kind, location=NOWHERE)


async def opened(desk: DispatchHarness, kind: str = "SINKHOLE", **changes: Any) -> Any:
    event = triaged(of=unplaced(kind), level="P1", service_code=kind, **changes)
    await desk.handle(event)
    return event.data


def whats(desk: DispatchHarness) -> list[tuple[str, str, str | None]]:
    """The history: what happened, by whom, and that one's own words."""
    return [(entry.what, entry.by, entry.note) for entry in desk.store.history]


async def test_a_stated_place_moves_the_lead_from_the_desk_to_the_bureau_of_the_place(
    desk: DispatchHarness,
) -> None:
    decision = await opened(desk)
    [before] = desk.store.all
    note = told(decision.request_id)
    events = await desk.handle(note, note)
    [case] = desk.store.all

    assert (before.lead_bureau, before.lead.route_rule) == ("ROADS", "no-place-to-desk")
    [moved] = of_type(CaseStatusChanged, events)
    assert (moved.data.lead_bureau, moved.data.bureau, moved.data.status) == ("DESK", None, "open")
    assert (case.lead_bureau, case.version, case.problem.location) == ("DESK", 2, PLACE)
    orders = {order.data.bureau: order.data for order in of_type(WorkOrderChanged, events)}
    assert orders["ROADS"].status == "transferred"
    assert orders["DESK"].role == "lead"
    assert {order.location for order in orders.values()} == {PLACE}
    assert case.lead.due.complete_by == before.lead.due.complete_by
    assert desk.store.case_requests[decision.request_id].problem.location == PLACE
    assert whats(desk)[-3:] == [
        ("note_added", "resident", None),
        ("place_added", "system", None),
        ("status_changed", "system", "Reason: The reporter gave the location."),
    ]
    assert await desk.handle(note) == []


async def test_a_bureau_that_ended_its_part_gets_a_new_work_order_by_the_rule_of_the_place(
    desk: DispatchHarness,
) -> None:
    decision = await opened(desk)
    [before] = desk.store.all
    informed = next(order for order in before.orders if order.bureau == "DESK")
    await desk.handle(update_message("DESK", informed, "completed"))
    events = await desk.handle(told(decision.request_id))

    [issued] = of_type(WorkOrderIssued, events)
    assert (issued.data.bureau, issued.data.role) == ("DESK", "lead")
    assert (issued.data.route_rule, issued.data.location) == ("kind-to-lead", PLACE)
    assert issued.data.due.acknowledge_by > before.lead.due.acknowledge_by
    assert issued.data.due.complete_by == before.lead.due.complete_by


async def test_a_place_in_the_batch_of_its_request_moves_it_too(desk: DispatchHarness) -> None:
    request = unplaced()
    await desk.handle(
        triaged(of=request, service_code="SINKHOLE", level="P1"), told(request.request_id)
    )

    [case] = desk.store.all
    assert (case.lead_bureau, case.problem.location) == ("DESK", PLACE)
    assert desk.store.case_requests[request.request_id].problem.location == PLACE


async def test_where_the_desk_would_lead_anyway_only_the_place_is_set(
    desk: DispatchHarness,
) -> None:
    decision = await opened(desk, "POTHOLE")
    await desk.handle(command_message("lower_priority", decision.case_id, level="P4"))
    events = await desk.handle(told(decision.request_id))

    [case] = desk.store.all
    assert (case.lead_bureau, case.problem.location) == ("ROADS", PLACE)
    assert of_type(CaseStatusChanged, events) == []
    assert desk.store.history[-1].text == "The place is 12 Quay St. ROADS leads as before."


async def test_whom_an_operator_chose_keeps_the_lead_and_learns_the_place(
    desk: DispatchHarness,
) -> None:
    decision = await opened(desk)
    await desk.handle(command_message("transfer", decision.case_id, bureau="POLICE"))
    events = await desk.handle(told(decision.request_id))

    [case] = desk.store.all
    assert (case.lead_bureau, case.problem.location) == ("POLICE", PLACE)
    changed = {order.data.bureau: order.data for order in of_type(WorkOrderChanged, events)}
    assert changed["POLICE"].location == PLACE
    assert of_type(CaseStatusChanged, events) == []


async def test_a_closed_case_gets_its_place_and_stays_closed(desk: DispatchHarness) -> None:
    decision = await opened(desk)
    await desk.handle(command_message("close", decision.case_id))
    events = await desk.handle(told(decision.request_id))

    [case] = desk.store.all
    assert (case.status, case.lead_bureau, case.problem.location) == ("declined", "ROADS", PLACE)
    assert of_type(CaseStatusChanged, events) == []


async def test_the_first_place_counts_and_one_of_a_request_leaves_that_of_its_case(
    desk: DispatchHarness,
) -> None:
    elsewhere = location(precision="address", address="9 Pier Rd", municipality="harbour.gov")
    first = triaged(of=harbour_request(service_code="SINKHOLE"), service_code="SINKHOLE")
    joined = triaged(first.data.case_id, of=unplaced(), service_code="SINKHOLE")
    await desk.handle(first, joined)
    [before] = desk.store.all
    await desk.handle(told(joined.data.request_id))
    await desk.handle(told(joined.data.request_id, elsewhere))

    [case] = desk.store.all
    assert case.problem.location == before.problem.location
    assert case.lead_bureau == before.lead_bureau
    assert desk.store.case_requests[joined.data.request_id].problem.location == PLACE


async def test_a_request_that_was_split_off_moves_its_own_case(desk: DispatchHarness) -> None:
    first = await opened(desk)
    second = triaged(first.case_id, of=unplaced(), level="P1", service_code="SINKHOLE")
    await desk.handle(second)
    split = command_message("split_request", first.case_id, request_id=second.data.request_id)
    await desk.handle(split, told(second.data.request_id))

    old, new = desk.store.all
    assert (old.lead_bureau, old.problem.location) == ("ROADS", NOWHERE)
    assert (new.lead_bureau, new.problem.location) == ("DESK", PLACE)


async def test_a_place_in_a_neighbours_land_stays_with_the_desk_which_learns_whom_to_tell() -> None:
    desk = DispatchHarness(with_neighbour("next.gov"))
    decision = await opened(desk)
    place = location(municipality="next.gov")
    events = await desk.handle(told(decision.request_id, place))

    [case] = desk.store.all
    assert (case.lead_bureau, case.problem.location) == ("ROADS", place)
    assert of_type(CaseStatusChanged, events) == []
    changed = next(
        order.data for order in of_type(WorkOrderChanged, events) if order.data.role == "lead"
    )
    assert "The place is outside the city. Please tell them: Next Town, 555-0199." in changed.notes


async def test_a_place_in_the_city_names_no_neighbour() -> None:
    desk = DispatchHarness(with_neighbour("next.gov"))
    decision = await opened(desk)
    await desk.handle(told(decision.request_id))

    [case] = desk.store.all
    assert case.lead_bureau == "DESK"
    assert not [note for note in case.problem.notes if "outside" in note]


async def test_where_no_bureau_has_a_part_the_desk_keeps_the_case_and_the_place_stands(
    desk: DispatchHarness,
) -> None:
    decision = await opened(desk)
    desk.store.rename_kind(decision.case_id, "LOST")
    await desk.handle(told(decision.request_id))

    [case] = desk.store.all
    assert (case.lead_bureau, case.problem.location) == ("ROADS", PLACE)
    assert [note.text for note in case.notes] == ["12 Quay St"]


@given(order=st.permutations(["place", "transfer", "raise", "note"]), batches=st.booleans())
def test_in_any_order_the_place_is_known_and_an_operators_transfer_wins(
    order: list[str],
    batches: bool,
) -> None:
    async def end() -> tuple[str, object, str]:
        desk = DispatchHarness()
        request = harbour_request(service_code="SINKHOLE", location=NOWHERE)
        decided = triaged(of=request, level="P2", service_code="SINKHOLE")
        case_id, request_id = decided.data.case_id, request.request_id
        assert case_id
        steps = {
            "place": told(request_id),
            "transfer": command_message("transfer", case_id, bureau="POLICE"),
            "raise": RequestReassessed.of(
                Reassessment(
                    request_id=request_id,
                    case_id=case_id,
                    priority=priority("P1", 90),
                    note_id=new_id(),
                ),
                now=NOON + HOUR,
            ),
            "note": note_added(request_id=request_id, jurisdiction="harbour.gov"),
        }
        taken = [decided, *(steps[one] for one in order)]
        for batch in [taken] if batches else [[one] for one in taken]:
            await desk.handle(*batch)
        [case] = desk.store.all
        return case.lead_bureau, case.problem.location, case.priority.level

    assert asyncio.run(end()) == ("POLICE", PLACE, "P1")
