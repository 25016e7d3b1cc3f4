from typing import Any

import pytest

from shared.contract.events import (
    CaseClosed,
    CaseOpened,
    CasePriorityRaised,
    CaseReopened,
    CaseRequestAttached,
    CaseRequestSplit,
    new_id,
)
from shared.runtime.outgoing import Outgoing
from tests.support.dispatch.factories import command_message, harbour_request, triaged
from tests.unit.dispatch.harness import NOW, DispatchHarness, of_type

NOBODY = new_id()


@pytest.mark.parametrize(
    ("name", "level", "advice"),
    [
        ("lower_priority", "P1", "The case is P3: use raise_priority for P1."),
        ("raise_priority", "P5", "The case is P3: use lower_priority for P5."),
        ("raise_priority", "P3", "The case is P3 already."),
    ],
)
async def test_a_priority_in_the_other_direction_names_the_command_for_it(
    harness: DispatchHarness, name: str, level: str, advice: str
) -> None:
    [lead] = await harness.open_case("POTHOLE", "P3")
    [parked] = await harness.handle_all(command_message(name, case_id=lead.case_id, level=level))

    assert isinstance(parked, Outgoing)
    assert dict(parked.headers)["reason"] == advice.encode()


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        pytest.param("close", {"actor": None}, "invalid", id="nobody orders it"),
        pytest.param("close", {"reason": None}, "invalid", id="without a reason"),
        pytest.param("close", {"reason": " \n"}, "invalid", id="a reason of nothing"),
        pytest.param("burn", {}, "invalid", id="no such command"),
        pytest.param("close", {"case_id": NOBODY}, "unknown_case", id="no such case"),
        pytest.param("close", {"case_id": "\x00"}, "unknown_case", id="no id at all"),
        pytest.param("lower_priority", {}, "missing_level", id="lower to nothing"),
        pytest.param("lower_priority", {"level": "P3"}, "cannot_lower", id="to what it is"),
        pytest.param("lower_priority", {"level": "P2"}, "cannot_lower", id="lower upwards"),
        pytest.param("raise_priority", {"level": "P3"}, "cannot_raise", id="raise to what it is"),
        pytest.param("raise_priority", {"level": "P4"}, "cannot_raise", id="raise downwards"),
        pytest.param("split_request", {}, "invalid", id="split nothing"),
        pytest.param(
            "split_request", {"request_id": NOBODY}, "request_not_in_case", id="not in this case"
        ),
        pytest.param("merge_case", {}, "invalid", id="merge into nothing"),
        pytest.param("merge_case", {"into_case": NOBODY}, "unknown_case", id="into no case"),
        pytest.param("transfer", {}, "missing_bureau", id="to nobody"),
        pytest.param("transfer", {"bureau": "MARS"}, "unknown_bureau", id="to no bureau"),
        pytest.param("transfer", {"bureau": "ROADS"}, "same_bureau", id="to who has it"),
        pytest.param("reopen", {}, "case_open", id="what is open"),
    ],
)
async def test_a_command_that_cannot_be_is_parked_with_the_reason_and_changes_nothing(
    harness: DispatchHarness, name: str, changes: dict[str, Any], code: str
) -> None:
    [lead] = await harness.open_case("POTHOLE", "P3")
    before = harness.store.all
    command = command_message(name, **({"case_id": lead.case_id} | changes))

    [parked] = await harness.handle_all(command)

    assert isinstance(parked, Outgoing)
    headers = {name: (value or b"").decode() for name, value in parked.headers}
    assert parked.topic == "operator-commands-dlq"
    assert (headers["service"], headers["code"]) == ("dispatch", code)
    assert headers["reason"].endswith(".")
    assert (parked.key, parked.value) == (command.record.key, command.record.value)
    assert harness.store.all == before


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("lower_priority", {"level": "P5"}),
        ("raise_priority", {"level": "P1"}),
        ("transfer", {"bureau": "PARKS"}),
        ("merge_case", {}),
        ("close", {}),
    ],
)
async def test_what_only_an_open_case_can_have_is_refused_to_a_closed_one(
    harness: DispatchHarness, name: str, changes: dict[str, Any]
) -> None:
    [other] = await harness.open_case()
    [lead] = await harness.open_case("POTHOLE", "P3")
    await harness.handle(command_message("close", lead.case_id))
    changes = {"into_case": other.case_id} | changes

    assert await harness.refusal_codes(command_message(name, lead.case_id, **changes)) == [
        "case_closed"
    ]


async def test_what_cannot_be_merged_or_split_is_refused(harness: DispatchHarness) -> None:
    [one] = await harness.open_case()
    [park, *_] = await harness.open_case("CAMP", "P3", dedup_group="camp")
    [gone] = await harness.open_case()
    [only] = [r for r, case_id in harness.store.requests.items() if case_id == one.case_id]
    await harness.handle(command_message("merge_case", gone.case_id, into_case=one.case_id))
    case_id = one.case_id

    assert await harness.refusal_codes(
        command_message("merge_case", case_id, into_case=case_id),
        command_message("merge_case", case_id, into_case=park.case_id),
        command_message("merge_case", case_id, into_case=gone.case_id),
        command_message("reopen", gone.case_id),
        command_message("split_request", gone.case_id, request_id=only),
    ) == ["same_case", "other_group", "case_closed", "case_merged", "request_not_in_case"]


async def test_the_only_request_of_a_case_cannot_be_split_off(harness: DispatchHarness) -> None:
    [one] = await harness.open_case()
    [only] = harness.store.requests

    command = command_message("split_request", one.case_id, request_id=only)

    assert await harness.refusal_codes(command) == ["only_request"]


async def test_a_command_counts_once_whatever_became_of_it(harness: DispatchHarness) -> None:
    [lead] = await harness.open_case("POTHOLE", "P3")
    refused = command_message("reopen", lead.case_id)
    close = command_message("close", lead.case_id)
    assert len(await harness.handle_all(refused, close, close, refused)) == 3

    assert await harness.handle_all(close, refused) == []


async def test_two_commands_of_one_id_by_different_sources_are_two(
    harness: DispatchHarness,
) -> None:
    [lead] = await harness.open_case("POTHOLE", "P3")
    changes: dict[str, Any] = {"level": "P2", "id": "1"}
    await harness.handle(
        command_message("raise_priority", lead.case_id, **changes, source="/console")
    )

    second = command_message(
        "raise_priority", lead.case_id, **(changes | {"level": "P1"}), source="/cli"
    )

    assert of_type(CasePriorityRaised, await harness.handle(second))


async def test_commands_of_a_batch_see_what_the_ones_before_them_did(
    harness: DispatchHarness,
) -> None:
    first = triaged(of=harbour_request())
    case_id = first.data.case_id or ""
    second = triaged(case_id)

    events = await harness.handle(
        first,
        second,
        command_message("split_request", case_id, request_id=second.data.request_id),
        command_message("close", case_id),
        command_message("reopen", case_id),
    )

    assert [type(event) for event in events if event.type.startswith("route311.case")] == [
        CaseOpened,
        CaseRequestAttached,
        CaseRequestSplit,
        CaseOpened,
        CaseClosed,
        CaseReopened,
    ]
    assert len(harness.store.requests) == len(set(harness.store.requests.values())) == 2


async def test_a_kind_that_left_the_catalogue_is_refused_and_holds_nothing_up(
    harness: DispatchHarness,
) -> None:
    [lead] = await harness.open_case()
    harness.store.rename_kind(lead.case_id, "UNICORN")
    command = command_message("raise_priority", lead.case_id, level="P1")

    assert await harness.refusal_codes(command) == ["not_in_catalogue"]


@pytest.mark.parametrize("time", [None, "yesterday", 7, "0001-01-01T00:00:00+14:00"])
async def test_a_command_that_does_not_say_when_was_given_now(
    harness: DispatchHarness, time: Any
) -> None:
    [lead] = await harness.open_case()

    closed, *_ = await harness.handle(command_message("close", lead.case_id, time=time))

    assert closed.data.closed_at == NOW
