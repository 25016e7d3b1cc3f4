from shared.contract.events import (
    UpdateAccepted,
    UpdateRefused,
    WorkOrderChanged,
)
from tests.support.dispatch.factories import (
    update_message,
)
from tests.unit.dispatch.harness import DispatchHarness, of_type


async def test_the_same_update_again_changes_nothing_and_gets_no_second_receipt(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case()
    message = update_message("ROADS", issued, "acknowledged")

    first = await harness.handle(message, message)

    assert len(of_type(UpdateAccepted, first)) == 1
    assert await harness.handle(message) == []


async def test_the_ids_of_two_bureaus_may_be_alike(harness: DispatchHarness) -> None:
    lead, informed = await harness.open_case("SINKHOLE", "P1")
    alike = {"source": "/system", "id": "1"}

    events = await harness.handle(
        update_message("DESK", lead, "acknowledged", **alike),
        update_message("WATER", informed, "declined", **alike),
    )

    assert len(of_type(UpdateAccepted, events)) == 1
    assert len(of_type(UpdateRefused, events)) == 1


async def test_the_present_status_under_a_new_id_is_accepted_and_not_told_again(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case()
    await harness.handle(update_message("ROADS", issued, "acknowledged"))

    [receipt] = await harness.handle(update_message("ROADS", issued, "acknowledged"))

    assert isinstance(receipt, UpdateAccepted)
    assert (receipt.data.changed, receipt.data.version) == (False, 2)


async def test_versions_are_judged_as_if_every_update_came_alone(harness: DispatchHarness) -> None:
    [issued] = await harness.open_case()

    events = await harness.handle(
        update_message("ROADS", issued, "acknowledged", expected_version=1),
        update_message("ROADS", issued, "in_progress", expected_version=1),
        update_message("ROADS", issued, "in_progress", expected_version=2),
    )

    receipts = [e.data for e in events if isinstance(e, UpdateAccepted | UpdateRefused)]
    assert [(a.status, a.version, a.code) for a in receipts] == [
        ("acknowledged", 2, None),
        ("in_progress", 2, "version_conflict"),
        ("in_progress", 2, None),
    ]
    assert [e.data.version for e in of_type(WorkOrderChanged, events)] == [2]


async def test_work_that_went_there_and_back_within_a_batch_is_told(
    harness: DispatchHarness,
) -> None:
    _, informed = await harness.open_case("SINKHOLE", "P1")
    await harness.handle(update_message("WATER", informed, "in_progress"))

    events = await harness.handle(
        update_message("WATER", informed, "waiting_for_resident"),
        update_message("WATER", informed, "in_progress"),
    )

    assert [e.data.version for e in of_type(UpdateAccepted, events)] == [3, 3]
    assert [e.data.version for e in of_type(WorkOrderChanged, events)] == [3]
