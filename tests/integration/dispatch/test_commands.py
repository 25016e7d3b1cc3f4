"""Operators' commands, from their topic to all topics that they affect."""

from typing import Any

import pytest

from shared.contract.events import (
    CaseClosed,
    CaseOpened,
    CaseRequestAttached,
    CaseRequestSplit,
    encode,
)
from shared.contract.topics import DISPATCH_CASES, DISPATCH_CLOSINGS, OPERATOR_COMMANDS
from tests.support.builders import (
    operator_commanded,
)
from tests.support.dispatch.event_log import EventLog
from tests.support.dispatch.sinkholes import BUREAUS, all_events, opened, sinkhole
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


def command_data(command: str, case_id: str, **changes: Any) -> dict[str, Any]:
    fields = {"command": command, "case_id": case_id, "actor": "kim", "reason": "Looked at it"}
    return fields | changes


@pytest.mark.usefixtures("running")
async def test_an_operators_split_and_merge_reach_everybody_who_must_know(
    topic_log: TopicLog,
) -> None:
    first = sinkhole()
    case_id = first.data.case_id or ""
    second = sinkhole(case_id)
    await opened(topic_log, first)
    await topic_log.publish(second)
    await topic_log.at_least(2, DISPATCH_CASES)
    split = operator_commanded(
        data=command_data("split_request", case_id, request_id=second.data.request_id)
    )

    await topic_log.write(OPERATOR_COMMANDS, case_id, encode(split))
    await topic_log.write(OPERATOR_COMMANDS, case_id, encode(split))
    *_, left, alone = await topic_log.at_least(4, DISPATCH_CASES)
    by_type = {type(event): event for event in (left, alone)}
    new_case = by_type[CaseOpened].data.case_id
    merge = operator_commanded(data=command_data("merge_case", new_case, into_case=case_id))
    await topic_log.write(OPERATOR_COMMANDS, new_case, encode(merge))

    [split_closing, merge_closing] = await topic_log.at_least(2, DISPATCH_CLOSINGS)
    assert isinstance(split_closing, CaseRequestSplit)
    assert (split_closing.data.to_case, split_closing.causationid) == (new_case, split.id)
    assert isinstance(merge_closing, CaseClosed)
    assert (merge_closing.data.merged_into, merge_closing.causationid) == (case_id, merge.id)
    cases = await topic_log.at_least(6, DISPATCH_CASES)
    attached = [event for event in cases if isinstance(event, CaseRequestAttached)]
    assert [(e.data.case_id, e.data.moved_from, e.data.moves) for e in attached] == [
        (case_id, None, 0),
        (case_id, new_case, 2),
    ]

    async def all_withdrawn() -> EventLog | None:
        events = await all_events(topic_log)
        withdrawn = [o for o in events.latest_order.values() if o.status == "withdrawn"]
        return events if len(withdrawn) == len(BUREAUS) else None

    events = await eventually(all_withdrawn)
    assert events is not None
    events.versions_have_no_gaps()


@pytest.mark.usefixtures("running")
async def test_a_refused_command_is_parked_with_the_reason_and_holds_nothing_up(
    topic_log: TopicLog,
) -> None:
    decided = sinkhole()
    case_id = decided.data.case_id or ""
    await opened(topic_log, decided)
    wrong = [
        operator_commanded(data=command_data("reopen", case_id)),
        operator_commanded(data=command_data("close", case_id, reason=None)),
        operator_commanded(data=command_data("close", "no case")),
    ]
    close = operator_commanded(data=command_data("close", case_id))
    for event in (*wrong, *wrong, close):
        await topic_log.write(OPERATOR_COMMANDS, case_id, encode(event))

    [closed] = await topic_log.at_least(1, DISPATCH_CLOSINGS)

    assert closed.causationid == close.id

    async def refusals() -> list[tuple[bytes | None, bytes]]:
        records = await topic_log.records(f"{OPERATOR_COMMANDS.name}-dlq")
        return [(r.value, dict(r.headers)["code"]) for r in records] if len(records) > 2 else []

    assert await eventually(refusals) == [
        (encode(wrong[0]), b"case_open"),
        (encode(wrong[1]), b"invalid"),
        (encode(wrong[2]), b"unknown_case"),
    ]
