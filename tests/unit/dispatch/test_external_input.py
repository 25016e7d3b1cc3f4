from datetime import UTC, datetime
from typing import Any

import pytest

from services.dispatch.inbound import IncomingUpdate, incoming_command, incoming_update
from services.dispatch.records.changes import MessageKey
from services.dispatch.rules.operator_commands import CaseCommand
from services.dispatch.rules.work_order_updates import BureauUpdate, UpdateRefusal
from shared.contract.events import OperatorCommanded, WorkOrderUpdated
from tests.support.builders import NOON, work_order_updated


def parsed(data: Any) -> IncomingUpdate:
    event = WorkOrderUpdated(id="u-1", source="/bureau/roads", time=NOON, data=data)
    return incoming_update(event, "ROADS")


def data(**changes: Any) -> dict[str, Any]:
    update: dict[str, Any] = work_order_updated(work_order_id="wo-1", bureau="ROADS").data
    return update | changes


def test_an_update_is_named_by_its_sender_and_its_own_id() -> None:
    assert parsed(data()).key == MessageKey("/bureau/roads", "u-1", "ROADS")


def test_a_plain_day_is_its_noon_in_utc() -> None:
    update = parsed(data(status="scheduled", scheduled_for="2026-03-04")).parsed

    assert isinstance(update, BureauUpdate)
    assert update.scheduled_for == datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_an_update_says_what_its_bureau_wrote() -> None:
    update = parsed(
        data(
            status="scheduled",
            scheduled_for="2026-03-04T08:00:00-08:00",
            at="2026-03-02T04:00:00-08:00",
            external_id="WO-991",
            expected_version=3,
            internal_note="two crews",
        )
    ).parsed

    assert isinstance(update, BureauUpdate)
    assert (update.at, update.at.tzinfo) == (NOON, UTC)
    assert update.scheduled_for is not None
    assert update.scheduled_for.tzinfo is UTC
    assert (update.external_id, update.expected_version, update.internal_note) == (
        "WO-991",
        3,
        "two crews",
    )


def test_control_characters_are_left_out_of_every_field() -> None:
    incoming = parsed(data(public_note="Fil\x00led\n\x1b[31mtoday", work_order_id="wo\x00-1"))

    assert isinstance(incoming.parsed, BureauUpdate)
    assert incoming.parsed.public_note == "Filled\n[31mtoday"
    assert incoming.parsed.work_order_id == incoming.work_order_id == "wo-1"


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        pytest.param(None, ["record"], id="nothing"),
        pytest.param("completed", ["record"], id="a word"),
        pytest.param([], ["record"], id="a list"),
        pytest.param({}, ["work_order_id", "bureau", "status", "at"], id="an empty object"),
        pytest.param(data(status="done"), ["status"], id="no status that there is"),
        pytest.param(data(status="withdrawn"), ["status"], id="a status that is not a bureau's"),
        pytest.param(data(at="yesterday"), ["at"], id="no moment"),
        pytest.param(data(at="2026-03-02T12:00:00"), ["at"], id="a moment without its offset"),
        pytest.param(data(at="0001-01-01T00:00:00+14:00"), ["at"], id="a moment before all years"),
        pytest.param(data(at="0001-01-01T00:00:00Z"), ["at"], id="a moment in year 1"),
        pytest.param(data(at="9999-12-31T23:59:59Z"), ["at"], id="a moment in year 9999"),
        pytest.param(data(at=0), ["at"], id="a moment before any report"),
        pytest.param(
            data(status="scheduled", scheduled_for="2026-03-04T08:00:00"),
            ["scheduled_for"],
            id="a date without its offset",
        ),
        pytest.param(
            data(status="scheduled", scheduled_for="0001-01-01T00:00:00Z"),
            ["scheduled_for"],
            id="a date in year 1",
        ),
        pytest.param(
            data(status="scheduled", scheduled_for="9999-12-31T23:59:59-08:00"),
            ["scheduled_for"],
            id="a date after all years",
        ),
        pytest.param(
            data(status="scheduled", scheduled_for="2100-01-01T00:00:00Z"),
            ["scheduled_for"],
            id="the first date too late",
        ),
        pytest.param(data(public_note="x" * 4001), ["public_note"], id="too long a note"),
        pytest.param(data(expected_version="three"), ["expected_version"], id="no number"),
        pytest.param(data(bureau=7, at=None), ["bureau", "at"], id="two at once"),
    ],
)
def test_what_nobody_can_read_is_invalid_and_the_fields_at_fault_are_named(
    wrong: Any, fields: list[str]
) -> None:
    refused = parsed(wrong).parsed

    assert isinstance(refused, UpdateRefusal)
    assert refused.code == "invalid"
    assert all(field in refused.message for field in fields)
    assert "done" not in refused.message


@pytest.mark.parametrize("moment", ["2000-01-01T00:00:00Z", "2099-12-31T15:59:59-08:00"])
def test_the_first_and_the_last_plausible_moment_are_taken(moment: str) -> None:
    taken = parsed(data(status="scheduled", at=moment, scheduled_for=moment)).parsed

    assert isinstance(taken, BureauUpdate)


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "2026-03-02T12:00:00",
        -1,
    ],
)
def test_a_command_of_an_implausible_time_counts_as_given_now(time: object) -> None:
    command = OperatorCommanded(
        id="c-1",
        source="/operator/desk",
        time=time,
        data={"command": "close", "case_id": "c", "actor": "Ada", "reason": "done"},
    )

    taken = incoming_command(command, NOON).parsed

    assert isinstance(taken, CaseCommand)
    assert taken.at == NOON


def test_a_receipt_can_name_what_could_be_read_and_no_more() -> None:
    update = parsed({"work_order_id": "w" * 500, "status": ["completed"]})

    assert update.work_order_id == "w" * 100
    assert update.status is None
