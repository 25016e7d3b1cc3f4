"""What a check says once an operator took a request out of its case."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
import pytest_asyncio

from shared.contract.events import CaseRequestSplit, CaseSplit
from shared.contract.topics import OPERATOR_COMMANDS
from shared.runtime.outgoing import Outgoing
from tests.support.builders import NOON
from tests.unit.workbench.check.history import History, Sent, broken
from tests.unit.workbench.check.valid_history import valid_history
from tests.unit.workbench.check.violations.registry import closed_case, request_of

TO_CASE = "0197a1b2-c3d4-7000-8000-000000000311"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept() -> History:
    return await valid_history()


@pytest.fixture
def history(kept: History) -> History:
    """A good day on which triage and dispatch were told of a split."""
    history = deepcopy(kept)
    closed = history.case_event("closed", case_id=closed_case(history)).data
    state = {name: closed[name] for name in CaseSplit.model_fields if name in closed}
    state |= {"version": closed["version"] + 1, "request_id": request_of(history, "urgent")}
    (ordered, *_) = [sent for sent in history.sent if sent.topic == OPERATOR_COMMANDS.name]
    event = CaseRequestSplit.of(CaseSplit(**state, to_case=TO_CASE), now=NOON)
    event = event.model_copy(update={"causationid": ordered.event_id})
    for record in Outgoing.for_event(event):
        history.sent.append(
            Sent("dispatch", event.id, record.topic, record.key, record.value, record.headers)
        )
    return history


def triage_took_it_in(history: History) -> None:
    (row,) = history.rows("triage_decisions", request_id=request_of(history, "urgent"))
    history.set("triage_decisions", row, case_id=TO_CASE)
    request_id, _, _, key, kind, *marks = row
    known: list[Any] = [TO_CASE, key, kind, request_id, *marks, None, 0, None, closed_case(history)]
    history.tables["triage_cases"].append(known)


def dispatch_took_it_out(history: History) -> None:
    (row,) = history.rows("dispatch_case_requests", request_id=request_of(history, "urgent"))
    history.set("dispatch_case_requests", row, case_id=TO_CASE)
    (case,) = history.rows("dispatch_cases", case_id=closed_case(history))
    count = history.get("dispatch_cases", case, "request_count")
    history.set("dispatch_cases", case, request_count=count - 1)


def test_triage_must_take_a_split_in(history: History) -> None:
    assert said(history, "I12") == [
        "a request whose decision in triage differs from the log",
        "a case that is opened in the log and unknown to triage",
    ]


def test_a_split_that_triage_took_in_gives_the_state_that_it_has(history: History) -> None:
    triage_took_it_in(history)

    assert said(history, "I12") == []


def test_a_request_that_was_split_off_belongs_to_its_new_case(history: History) -> None:
    assert said(history, "I2") == ["decided to belong to a case that dispatch has not put it in"]

    dispatch_took_it_out(history)

    assert said(history, "I2") == []


def said(history: History, invariant: str) -> Sequence[str]:
    return [text.partition(":")[0] for text in broken(history).get(invariant, ())]
