import asyncio
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from typing_extensions import override

from services.dispatch.handlers import on_messages
from services.dispatch.rules.lifecycle import UpdateStatus
from services.dispatch.rules.priority import Level
from shared.events import WorkOrder, new_id
from shared.runtime.messages import Message
from tests.builders import NOON
from tests.unit.dispatch.in_memory import InMemoryCases
from tests.unit.dispatch.log import Log
from tests.unit.dispatch.makers import CITY, HOUR, POLICY, in_harbour, messages, said, triaged

BUREAUS = st.sampled_from(sorted(CITY.bureaus))
KINDS = st.sampled_from(["POTHOLE", "SINKHOLE", "PARK-HAZARD", "SIDEWALK", "WIRE"])
LEVELS = st.sampled_from(get_args(Level))
SCORES = st.integers(0, 100)
STATUSES = st.sampled_from(get_args(UpdateStatus))
WORDS = st.sampled_from(["A tent", "Nothing of note"])


class Dispatch(RuleBasedStateMachine):
    """Decisions and updates arrive one after another and are handled in batches of any size."""

    def __init__(self) -> None:
        super().__init__()
        self.cases = InMemoryCases()
        self.log = Log()
        self.waiting: list[Message[Any]] = []
        self.handled: list[Message[Any]] = []
        self.updates = 0

    @rule(kind=KINDS, level=LEVELS, score=SCORES, words=WORDS)
    def a_new_problem(self, kind: str, level: Level, score: int, words: str) -> None:
        self._decide(new_id(), kind, level, score, words)

    @precondition(lambda self: self.cases.all)
    @rule(data=st.data(), kind=KINDS, level=LEVELS, score=SCORES, words=WORDS)
    def the_same_problem(
        self, data: st.DataObject, kind: str, level: Level, score: int, words: str
    ) -> None:
        case = data.draw(st.sampled_from(self.cases.all))
        self._decide(case.case_id, kind, level, score, words)

    def _decide(self, case_id: str, kind: str, level: Level, score: int, words: str) -> None:
        request = in_harbour(service_code=kind, description=words)
        decided = triaged(case_id, level, score, of=request, service_code=kind)
        self.waiting += messages(decided)

    @precondition(lambda self: self.log.orders)
    @rule(data=st.data(), status=STATUSES, reason=st.sampled_from([None, "Not ours"]))
    def a_bureau_reports(self, data: st.DataObject, status: str, reason: str | None) -> None:
        told = data.draw(st.sampled_from([*self.log.orders.values()]))[-1]
        self._report(told, told.bureau, status, data, reason=reason)

    @precondition(lambda self: self.log.orders)
    @rule(data=st.data(), status=STATUSES, sender=BUREAUS)
    def any_bureau_reports(self, data: st.DataObject, status: str, sender: str) -> None:
        told = data.draw(st.sampled_from([*self.log.orders.values()]))[-1]
        self._report(told, sender, status, data)

    def _report(
        self, told: WorkOrder, sender: str, status: str, data: st.DataObject, **more: Any
    ) -> None:
        changes = {
            "transfer_to": data.draw(BUREAUS),
            "scheduled_for": data.draw(st.sampled_from([None, NOON, NOON + HOUR])),
            "expected_version": data.draw(st.sampled_from([None, None, told.version])),
        }
        self.waiting.append(said(sender, told, status, **(changes | more)))
        self.updates += 1

    @precondition(lambda self: self.handled)
    @rule(data=st.data())
    def something_comes_again(self, data: st.DataObject) -> None:
        self.waiting.append(data.draw(st.sampled_from(self.handled)))

    @precondition(lambda self: self.waiting)
    @rule()
    def a_batch_is_handled(self) -> None:
        batch, self.waiting = self.waiting, []
        self.handled += batch
        self.log.append(asyncio.run(on_messages(batch, self.cases, POLICY, NOON + HOUR)))

    @invariant()
    def everything_promised_holds(self) -> None:
        log = self.log
        log.versions_have_no_gaps()
        log.priorities_never_fall()
        log.a_case_ends_once()
        log.a_request_joins_once(self.cases.requests)
        log.what_a_receipt_says_was_told()
        assert len(log.receipts) == len(self.cases.updates)
        for case in self.cases.all:
            log.the_last_told_is_the_present_state(case)
            log.a_bureau_has_one_work_order_that_is_not_over(case)

    @override
    def teardown(self) -> None:
        if self.waiting:
            self.a_batch_is_handled()
            self.everything_promised_holds()
        assert len(self.log.receipts) == self.updates


TestDispatch = Dispatch.TestCase
TestDispatch.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
