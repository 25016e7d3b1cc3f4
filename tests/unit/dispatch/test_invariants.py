import asyncio
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from typing_extensions import override

from services.dispatch.handlers.incoming import on_messages
from services.dispatch.rules.case import Case
from shared.contract.events import Event, Location, WorkOrder, new_id
from shared.runtime.consumer.messages import Message
from shared.runtime.outgoing import Outgoing
from shared.vocabulary import CommandName, PriorityLevel, UpdateStatus
from tests.support.builders import NOON, location, note_added
from tests.support.dispatch.event_log import EventLog
from tests.support.dispatch.factories import (
    CITY,
    HOUR,
    POLICY,
    command_message,
    harbour_request,
    messages,
    triaged,
    update_message,
)
from tests.support.dispatch.in_memory_store import InMemoryDispatchStore

_LEVELS: tuple[PriorityLevel, PriorityLevel] = ("P3", "P2")
BUREAUS = st.sampled_from(sorted(CITY.bureaus))
KINDS = st.sampled_from(["POTHOLE", "SINKHOLE", "PARK-HAZARD", "SIDEWALK", "WIRE"])
LEVELS = st.sampled_from(get_args(PriorityLevel))
SCORES = st.integers(0, 100)
STATUSES = st.sampled_from(get_args(UpdateStatus))
CONDITIONS = st.sampled_from([("tents",), ()])


class Dispatch(RuleBasedStateMachine):
    """Decisions and updates arrive one after another and are handled in batches of any size."""

    def __init__(self) -> None:
        super().__init__()
        self.store = InMemoryDispatchStore()
        self.log = EventLog()
        self.waiting: list[Message[Any]] = []
        self.handled: list[Message[Any]] = []
        self.dead_letters: list[Outgoing] = []
        self.updates = 0
        self.commands = 0

    @initialize()
    def two_problems_of_two_reports(self) -> None:
        for case_id in (new_id(), new_id()):
            for level in _LEVELS:
                self._decide(case_id, "SINKHOLE", level, 50, ())
        self.a_batch_is_handled()

    @rule(kind=KINDS, level=LEVELS, score=SCORES, conditions=CONDITIONS)
    def a_new_problem(
        self, kind: str, level: PriorityLevel, score: int, conditions: tuple[str, ...]
    ) -> None:
        self._decide(new_id(), kind, level, score, conditions)

    @rule(kind=st.sampled_from(["POTHOLE", "SINKHOLE", "PARK-HAZARD"]), level=LEVELS)
    def a_new_problem_without_a_place(self, kind: str, level: PriorityLevel) -> None:
        request = harbour_request(service_code=kind, location=Location(precision="none"))
        self.waiting += messages(triaged(of=request, level=level, service_code=kind))

    @precondition(lambda self: self.store.requests)
    @rule(data=st.data())
    def a_reporter_tells_the_place(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(sorted(self.store.requests)))
        note = note_added(request_id=request_id, jurisdiction="harbour.gov", location=location())
        self.waiting += messages(note)

    @precondition(lambda self: self.store.all)
    @rule(data=st.data(), kind=KINDS, level=LEVELS, score=SCORES, conditions=CONDITIONS)
    def the_same_problem(
        self,
        data: st.DataObject,
        kind: str,
        level: PriorityLevel,
        score: int,
        conditions: tuple[str, ...],
    ) -> None:
        case = data.draw(st.sampled_from(self.store.all))
        self._decide(case.case_id, kind, level, score, conditions)

    def _decide(
        self, case_id: str, kind: str, level: PriorityLevel, score: int, conditions: tuple[str, ...]
    ) -> None:
        request = harbour_request(service_code=kind)
        decided = triaged(
            case_id, level, score, of=request, service_code=kind, conditions=conditions
        )
        self.waiting += messages(decided)

    @precondition(lambda self: self.log.orders)
    @rule(data=st.data(), status=STATUSES, reason=st.sampled_from([None, "Not ours"]))
    def a_bureau_reports(self, data: st.DataObject, status: str, reason: str | None) -> None:
        sent = data.draw(st.sampled_from([*self.log.orders.values()]))[-1]
        self._report(sent, sent.bureau, status, data, reason=reason)

    @precondition(lambda self: self.log.orders)
    @rule(data=st.data(), status=STATUSES, sender=BUREAUS)
    def any_bureau_reports(self, data: st.DataObject, status: str, sender: str) -> None:
        sent = data.draw(st.sampled_from([*self.log.orders.values()]))[-1]
        self._report(sent, sender, status, data)

    def _report(
        self, sent: WorkOrder, sender: str, status: str, data: st.DataObject, **more: Any
    ) -> None:
        changes = {
            "transfer_to": data.draw(BUREAUS),
            "scheduled_for": data.draw(st.sampled_from([None, NOON, NOON + HOUR])),
            "expected_version": data.draw(st.sampled_from([None, None, sent.version])),
        }
        self.waiting.append(update_message(sender, sent, status, **(changes | more)))
        self.updates += 1

    @precondition(lambda self: self.store.all)
    @rule(data=st.data(), name=st.sampled_from(get_args(CommandName)), level=LEVELS, bureau=BUREAUS)
    def an_operator_orders(
        self, data: st.DataObject, name: str, level: PriorityLevel, bureau: str
    ) -> None:
        cases = self.store.all
        target = data.draw(st.sampled_from(self._candidates(name) or cases))
        own = [r for r, case_id in self.store.requests.items() if case_id == target.case_id]
        changes = {
            "level": level,
            "bureau": bureau,
            "request_id": data.draw(st.sampled_from(own or [new_id()])),
            "into_case": data.draw(st.sampled_from(cases)).case_id,
            "service_code": data.draw(KINDS),
            "location": location().model_dump(include={"latitude", "longitude", "address"}),
            "text": "Which side?",
            "assignee": "Kim",
            "until": data.draw(st.sampled_from([NOON, NOON + 2 * HOUR])).isoformat(),
            "expected_version": data.draw(st.sampled_from([None, None, target.version])),
        }
        self.waiting.append(command_message(name, target.case_id, **changes))
        self.commands += 1

    def _candidates(self, name: str) -> list[Case]:
        if name == "split_request":
            return [case for case in self.store.all if case.request_count > 1]
        closed = name == "reopen"
        return [case for case in self.store.all if case.is_closed == closed]

    @precondition(lambda self: self.handled)
    @rule(data=st.data())
    def something_comes_again(self, data: st.DataObject) -> None:
        self.waiting.append(data.draw(st.sampled_from(self.handled)))

    @precondition(lambda self: self.waiting)
    @rule()
    def a_batch_is_handled(self) -> None:
        batch, self.waiting = self.waiting, []
        self.handled += batch
        produced = asyncio.run(on_messages(batch, self.store, POLICY, NOON + HOUR))
        self.log.append(event for event in produced if isinstance(event, Event))
        self.dead_letters += [item for item in produced if isinstance(item, Outgoing)]

    @invariant()
    def everything_promised_holds(self) -> None:
        log = self.log
        log.versions_have_no_gaps()
        log.only_an_operator_lowers_a_priority()
        log.a_case_closes_once_for_each_time_it_was_open()
        log.a_request_is_in_its_last_case(self.store.requests)
        log.versions_of_receipts_were_published()
        log.every_event_of_a_case_is_in_its_history(self.store.history)
        assert len(log.receipts) == len(self.store.updates)
        refused = [processed for processed in self.store.commands.values() if processed.refused_as]
        assert len(self.dead_letters) == len(refused)
        for case in self.store.all:
            assert case.request_count == [*self.store.requests.values()].count(case.case_id)
            log.the_last_event_has_the_present_state(case)
            log.a_bureau_has_one_unfinished_work_order(case)

    @override
    def teardown(self) -> None:
        if self.waiting:
            self.a_batch_is_handled()
            self.everything_promised_holds()
        assert len(self.log.receipts) == self.updates
        assert len(self.store.commands) == self.commands


TestDispatch = Dispatch.TestCase
TestDispatch.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
