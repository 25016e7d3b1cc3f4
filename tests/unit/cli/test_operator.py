from typing import Any

import pytest

from cli.operator.command import SOURCE, CommandRefusedError, find_confirmation, summary
from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseLowering,
    CasePriorityLowered,
    CaseReopened,
    CaseReopening,
    CaseRequestSplit,
    CaseSplit,
    CaseStatusChange,
    CaseStatusChanged,
    Event,
    encode,
)
from shared.runtime.consumer.messages import dead_letter_record
from tests.support.builders import NOON, case_with_request, operator_commanded
from tests.support.records import record

COMMAND = operator_commanded(source=SOURCE, id="1", data={})
STATE = case_with_request(case_id="case", request_id="request").model_dump()


def lowered(cause: Any = COMMAND) -> Event:
    data = CaseLowering(**STATE, previous_level="P1", reason="Free again")
    return CasePriorityLowered.of(data, now=NOON, cause=cause)


def case_record(event: Event) -> Any:
    return record(encode(event), topic="dispatch-cases")


def refused(command: Any, code: str = "case_open") -> Any:
    origin = record(encode(command), topic="operator-commands")
    outgoing = dead_letter_record(origin, "dispatch", code=code, reason="It is open.")
    return record(outgoing.value, topic=outgoing.topic, headers=outgoing.headers)


def test_the_answer_is_the_event_that_the_command_led_to() -> None:
    another = operator_commanded(source=SOURCE, id="2", data={})
    mine, others = lowered(), lowered(another)

    assert find_confirmation([case_record(others)], COMMAND, CasePriorityLowered) is None
    assert find_confirmation([case_record(mine)], COMMAND, CaseReopened) is None
    assert (
        find_confirmation([case_record(others), case_record(mine)], COMMAND, CasePriorityLowered)
        == mine
    )


def test_a_refusal_of_this_very_command_is_an_error_that_says_why() -> None:
    elsewhere = operator_commanded(source="/console", id="1", data={})
    garbage = record(b"garbage", topic="operator-commands-dlq")

    assert find_confirmation([garbage, refused(elsewhere)], COMMAND, CaseReopened) is None
    with pytest.raises(CommandRefusedError, match=r"^case_open: It is open\.$"):
        find_confirmation([refused(COMMAND)], COMMAND, CaseReopened)


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (lowered(), "The case case is P4 now; it was P1."),
        (
            CaseRequestSplit.of(CaseSplit(**STATE, to_case="other"), now=NOON),
            "The request request has the case other now.",
        ),
        (
            CaseClosed.of(
                CaseClosing(**STATE, previous_status="open", closed_at=NOON, merged_into="other"),
                now=NOON,
            ),
            "The case case ended; its requests are in the case other now.",
        ),
        (
            CaseStatusChanged.of(CaseStatusChange(**STATE, previous_status="open"), now=NOON),
            "The case case is led by PBOT-MAINT now.",
        ),
        (
            CaseReopened.of(CaseReopening(**STATE, previous_status="completed"), now=NOON),
            "The case case is open now; it was completed.",
        ),
    ],
)
def test_what_became_of_the_case_is_told_in_a_sentence(event: Event, sentence: str) -> None:
    assert summary(event) == sentence
