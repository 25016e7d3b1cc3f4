"""What bureaus and operators write: nothing of a person goes to everybody who follows a case."""

from typing import Any

import pytest

from shared.contract.events import CaseClosed, CasePriorityRaised, CaseStatusChanged, encode
from tests.support.dispatch.factories import command_message, update_message
from tests.unit.dispatch.harness import DispatchHarness, of_type

NOTE = (
    "Mrs Quimby (ana.quimby@example.org, 503-555-0142) pays at https://evil.example/x. "
    "Spoke with Ana Quimby, 555-0142."
)
SHOWN = "[removed] ([removed], [removed]) pays at evil[.]example. Spoke with [removed], [removed]."
PRIVATE = (b"Quimby", b"ana.", b"555-0142", b"https://evil")


def assert_private(events: Any) -> None:
    for event in events:
        assert not [word for word in PRIVATE if word in encode(event)]


@pytest.mark.parametrize("status", ["scheduled", "waiting_for_resident", "in_progress"])
async def test_a_bureaus_public_note_is_published_without_contact_data(
    harness: DispatchHarness, status: str
) -> None:
    [issued] = await harness.open_case()
    await harness.handle(update_message("ROADS", issued, "acknowledged"))

    events = await harness.handle(
        update_message("ROADS", issued, status, public_note=NOTE, internal_note=NOTE)
    )

    [changed] = of_type(CaseStatusChanged, events)
    assert changed.data.public_note == SHOWN
    assert_private(events)


@pytest.mark.parametrize(
    ("status", "kind"), [("in_progress", CaseStatusChanged), ("completed", CaseClosed)]
)
async def test_pictures_are_published_by_addresses_without_contact_data(
    harness: DispatchHarness, status: str, kind: Any
) -> None:
    [issued] = await harness.open_case()
    ours = "https://311.example.org/v1/media/" + "5" * 32
    urls = [ours, "https://x.example/a\x00.jpg?by=ana.quimby@example.org&n=1"]

    events = await harness.handle(
        update_message("ROADS", issued, status, media=[{"url": url} for url in urls])
    )

    [changed] = of_type(kind, events)
    assert [one.url for one in changed.data.media] == [ours, "https://x.example/a.jpg?n=1"]
    assert_private(events)


@pytest.mark.parametrize("status", ["completed", "declined"])
async def test_the_last_note_and_its_reason_are_published_without_contact_data(
    harness: DispatchHarness, status: str
) -> None:
    [issued] = await harness.open_case()

    events = await harness.handle(
        update_message("ROADS", issued, status, public_note=NOTE, reason=NOTE)
    )

    [closed] = of_type(CaseClosed, events)
    assert (closed.data.public_note, closed.data.reason) == (SHOWN, SHOWN)
    assert_private(events)


@pytest.mark.parametrize(
    ("command", "fields"),
    [("close", {}), ("lower_priority", {"level": "P5"}), ("raise_priority", {"level": "P2"})],
)
async def test_an_operators_reason_is_published_without_contact_data(
    harness: DispatchHarness, command: Any, fields: dict[str, Any]
) -> None:
    [issued] = await harness.open_case()

    events = await harness.handle(command_message(command, issued.case_id, reason=NOTE, **fields))

    assert events
    assert_private(events)


async def test_a_transfers_note_is_published_without_contact_data(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case()

    events = await harness.handle(
        update_message("ROADS", issued, "transferred", transfer_to="WATER", public_note=NOTE)
    )

    assert of_type(CaseStatusChanged, events)[0].data.public_note == SHOWN
    assert_private(events)


async def test_what_is_stored_of_an_update_or_command_has_no_contact_data(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case()
    await harness.handle(
        update_message("ROADS", issued, "in_progress", public_note=NOTE, internal_note=NOTE)
    )
    await harness.handle(command_message("raise_priority", issued.case_id, level="P1", reason=NOTE))

    stored = repr([harness.store.updates, harness.store.commands]).encode()
    assert not [word for word in PRIVATE if word in stored]


async def test_a_number_of_the_citys_own_stays_in_a_note(harness: DispatchHarness) -> None:
    [issued] = await harness.open_case()
    note = "Call 503-823-4000. See https://www.harbour.gov/potholes, or harbour.gov.evil.example/a"

    [changed] = of_type(
        CaseStatusChanged,
        await harness.handle(update_message("ROADS", issued, "in_progress", public_note=note)),
    )

    assert changed.data.public_note == (
        "Call [removed]. See https://www.harbour.gov/potholes, or harbour[.]gov[.]evil[.]example"
    )


async def test_an_update_under_an_id_with_contact_data_is_no_named_cause(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case()
    message = update_message("ROADS", issued, "in_progress", id="ana@example.org/503-555-0142")

    receipt, *others = await harness.handle(message)

    assert receipt.data.update_id == message.event.id
    assert [event.causationid for event in others] == [None, None]
    assert not await harness.handle(message)


async def test_a_commands_id_stays_the_cause_by_which_check_knows_a_correction(
    harness: DispatchHarness,
) -> None:
    [issued] = await harness.open_case()
    command = command_message("raise_priority", issued.case_id, level="P1", id="kim@city.example")

    raised, *_ = await harness.handle(command)

    assert isinstance(raised, CasePriorityRaised)
    assert raised.causationid == command.event.id
