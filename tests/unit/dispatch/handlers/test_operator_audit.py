from collections.abc import Mapping
from typing import Any

from services.dispatch.handlers.commands import operator_audits
from tests.support.dispatch.factories import command_message, harbour_request, messages, triaged
from tests.unit.dispatch.harness import DispatchHarness


async def audited(harness: DispatchHarness, *items: Any) -> list[Mapping[str, str | None]]:
    batch = messages(*items)
    return list(operator_audits(batch, await harness.handle_all(*batch)))


async def test_a_command_is_noted_with_who_gave_it_about_what_and_its_outcome(
    harness: DispatchHarness,
) -> None:
    [lead] = await harness.open_case("POTHOLE", "P3")
    command = command_message("lower_priority", case_id=lead.case_id, level="P4", actor="Kim")

    [entry] = await audited(harness, command)
    [again] = await audited(harness, command)

    assert (entry["actor"], entry["command"], entry["case_id"]) == (
        "Kim",
        "lower_priority",
        lead.case_id,
    )
    assert (entry["command_id"], entry["outcome"]) == (command.event.id, "executed")
    assert (entry["record"] or "").startswith("operator-commands/")
    assert again["outcome"] == "repeated"


async def test_a_refused_command_is_noted_with_the_code(harness: DispatchHarness) -> None:
    [lead] = await harness.open_case("POTHOLE", "P3")
    refused = command_message("reopen", case_id=lead.case_id)
    senseless = command_message("burn", case_id=lead.case_id, actor=["Kim"])

    first, second = await audited(harness, refused, senseless)

    assert first["outcome"] == "case_open"
    assert (second["outcome"], second["actor"]) == ("invalid", None)


async def test_no_text_stands_where_a_command_or_a_case_is_named(harness: DispatchHarness) -> None:
    wrong = command_message("write to ana@example.org", case_id="ana@example.org", actor="Kim")

    [entry] = await audited(harness, wrong)

    assert (entry["command"], entry["case_id"], entry["outcome"]) == (None, None, "invalid")


async def test_other_messages_are_not_noted(harness: DispatchHarness) -> None:
    assert await audited(harness, triaged(of=harbour_request(), level="P4")) == []
