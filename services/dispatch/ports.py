"""Ports of dispatch: the operations of its core that channels call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.dispatch.handlers.commands import operator_audit
from services.dispatch.handlers.incoming import (
    on_approval_refused,
    on_command_calls,
    on_update_call,
)
from services.dispatch.outbound import (
    case_details,
    listed_bureau,
    listed_case,
    listed_kind,
    work_order_state,
)
from services.dispatch.policy import DispatchPolicy
from services.dispatch.records.answers import (
    ApprovalAnswer,
    CaseFilter,
    CasePage,
    CasePosition,
    CommandAnswer,
    Decision,
    OrderedClosing,
    SurgeClosing,
)
from services.dispatch.records.changes import MessageKey, WaitingCommand
from services.dispatch.records.views import (
    CaseDetails,
    ListedApproval,
    ListedBureau,
    ListedCase,
    ListedKind,
    ListedSurge,
)
from services.dispatch.rules.four_eyes import ALONE, Oversight, is_too_many
from services.dispatch.rules.operator_commands import CommandRefusal
from services.dispatch.settings import DispatchSettings
from services.dispatch.store import postgres
from services.dispatch.store.approvals import (
    decide,
    insert_waiting,
    list_approvals,
    lock_approval,
)
from services.dispatch.store.cases import find_case, list_cases
from services.dispatch.store.events import PostgresCaseEvents, PostgresFeed, lock_bureaus, publish
from services.dispatch.store.surges import (
    city_of_surge,
    count_to_close,
    list_surges,
    order_closing,
)
from services.dispatch.workers import FeedWatch
from shared.contract.events import (
    CaseApprovalRequested,
    Event,
    OperatorCommanded,
    UpdateReceipt,
    WorkOrder,
    WorkOrderUpdated,
    encode,
    new_id,
)
from shared.runtime.clock import utc_now
from shared.runtime.http.authentication import BureauAccess
from shared.runtime.ops.audit import audit
from shared.runtime.outbox.outbox import HandOver, OutboxBatch
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, transaction


class IdReusedError(Exception):
    """The idempotency key of a call had another body before, or came over Kafka."""


@dataclass(frozen=True, slots=True)
class DispatchPorts:
    """Operations of the core for all channels."""

    settings: DispatchSettings
    policy: DispatchPolicy
    access: BureauAccess  # its rate limits count over all channels
    pool: Pool  # connections for calls over HTTP
    clock: Callable[[], datetime]
    feed: PostgresFeed
    feed_watch: FeedWatch
    case_events: PostgresCaseEvents
    case_watch: FeedWatch
    on_commit: HandOver
    # Registers a function that is called after each commit of this process.
    wake_on_commit: Callable[[Callable[[], None]], None]
    wake_closings: Callable[[], None]

    async def update(
        self, db: Connection, update: WorkOrderUpdated, bureau: str
    ) -> tuple[UpdateReceipt, Sequence[OutboxBatch]]:
        """Apply a bureau's update in a transaction; pass the batches to ``on_commit`` after it."""
        store = postgres.PostgresDispatchStore(db)
        receipt, events = await on_update_call(update, bureau, store, self.policy, self.clock())
        return receipt, await publish(db, events)

    async def report_update(
        self, update: WorkOrderUpdated, bureau: str, body_digest: bytes
    ) -> UpdateReceipt:
        """Apply or refuse a bureau's update. Idempotent; raises ``IdReusedError``."""
        key = MessageKey(update.source, update.id, bureau)
        async with transaction(self.pool) as db:
            if known := await postgres.find_receipt(db, key):
                known_digest, receipt = known
                if receipt is None or known_digest != body_digest:
                    raise IdReusedError
                return receipt
            store, now = postgres.PostgresDispatchStore(db), utc_now()
            receipt, events = await on_update_call(update, bureau, store, self.policy, now)
            await postgres.keep_receipt(db, key, body_digest, receipt)
            batches = await publish(db, events)
        self.on_commit(batches)
        return receipt

    async def command(self, command: OperatorCommanded, body_digest: bytes) -> CommandAnswer:
        """Execute or refuse a command, and audit it. Idempotent; raises ``IdReusedError``."""
        [answer] = await self._together([command], body_digest, ALONE)
        return answer

    async def commands(
        self, commands: Sequence[OperatorCommanded], body_digest: bytes
    ) -> Sequence[CommandAnswer]:
        """Execute or refuse the commands of one call, each in a transaction of its own.

        Closings that need a second person wait as a whole. Idempotent; raises ``IdReusedError``.
        """
        cities = self.policy.catalogue.jurisdictions
        closings = [c for c in commands if c.data["command"] == "close"]
        oversight = Oversight(at_once=len(closings), approval_id=new_id())
        if any(is_too_many(len(closings), self.policy.four_eyes(city)) for city in cities):
            return await self._together(commands, body_digest, oversight)
        return [await self.command(command, body_digest) for command in commands]

    async def _together(
        self, commands: Sequence[OperatorCommanded], body_digest: bytes, oversight: Oversight
    ) -> Sequence[CommandAnswer]:
        """Execute or refuse commands in one transaction; all are new, or all are repeated."""
        keys = [MessageKey(command.source, command.id) for command in commands]
        async with transaction(self.pool) as db:
            known = [await postgres.find_command_answer(db, key) for key in keys]
            if repeated := [answer for answer in known if answer]:
                if any(answer.body_digest != body_digest for answer in repeated):
                    raise IdReusedError
                for command in commands:
                    audit("operator_command", **operator_audit(command, "repeated"))
                return repeated
            store, now = postgres.PostgresDispatchStore(db), utc_now()
            outcomes, produced = await on_command_calls(
                commands, store, self.policy, now, oversight
            )
            answers = [_answer(outcome, body_digest) for outcome in outcomes]
            for key, answer in zip(keys, answers, strict=True):
                await postgres.keep_command_answer(db, key, answer)
            batches = await publish(db, produced)
        self.on_commit(batches)
        for command, answer in zip(commands, answers, strict=True):
            audit("operator_command", **operator_audit(command, _outcome_code(answer)))
        return answers

    async def approvals(
        self, before: UUID, status: str | None, limit: int
    ) -> Sequence[ListedApproval]:
        """Return the newest approvals of a status, or of all, with a lower id than ``before``."""
        return await list_approvals(self.pool, before, status, limit)

    async def decide(self, approval_id: UUID, decision: Decision, by: str) -> ApprovalAnswer:
        """Execute the commands of an approval, or refuse them, as the second person decides."""
        async with transaction(self.pool) as db:
            found = await lock_approval(db, approval_id)
            if found is None:
                return ApprovalAnswer(problem="unknown_approval")
            decided, waiting = found
            if decided:
                return ApprovalAnswer(problem="already_decided")
            if waiting[0].actor.casefold() == by.casefold():
                return ApprovalAnswer(problem="same_person")
            await decide(db, approval_id, decision, by, utc_now())
            outcomes, produced = await self._carry_out(db, waiting, decision, by)
            batches = await publish(db, produced)
        self.on_commit(batches)
        self.wake_closings()
        audit("approval", actor=by, approval_id=str(approval_id), decision=decision)
        return ApprovalAnswer(
            [
                (one.data["case_id"], _answer(outcome, b""))
                for one, outcome in zip(waiting, outcomes, strict=False)
            ]
        )

    async def _carry_out(
        self, db: Connection, waiting: Sequence[WaitingCommand], decision: Decision, by: str
    ) -> tuple[Sequence[Sequence[Event] | CommandRefusal], Sequence[Event | Outgoing]]:
        """Return the outcome of each command of an approval, none for a surge, and all events."""
        store, now = postgres.PostgresDispatchStore(db), utc_now()
        surge_id = waiting[0].data.get("surge_id")
        if surge_id and decision == "approved":
            await order_closing(db, surge_id, _closing(waiting[0], by))
        if surge_id:
            return (), ()
        if decision == "refused":
            return await on_approval_refused(waiting, by, store, now)
        return await on_command_calls(
            [_again(one) for one in waiting], store, self.policy, now, Oversight(approved_by=by)
        )

    async def work_orders(self, db: Connection, ids: Sequence[str]) -> Sequence[WorkOrder]:
        """Return the present state of work orders, without locks; unknown ones are left out."""
        return [work_order_state(*found) for found in await postgres.find_work_orders(db, ids)]

    async def work_order(self, work_order_id: str) -> WorkOrder | None:
        """Return the present state of a work order; None for an unknown one."""
        async with postgres.snapshot(self.pool) as db:
            return next(iter(await self.work_orders(db, [work_order_id])), None)

    async def cases(
        self, wanted: CaseFilter, after: CasePosition, limit: int, *, counts: bool
    ) -> tuple[Sequence[ListedCase], CasePage]:
        """Return the cases that follow a position in its order, and the counts if asked for."""
        now = self.clock()
        async with postgres.snapshot(self.pool) as db:
            page = await list_cases(db, wanted, after, limit, now, counts=counts)
        return [listed_case(case, due_at, now) for case, due_at in page.cases], page

    def kinds(self) -> Sequence[ListedKind]:
        """Return the kinds of all cities."""
        cities = self.policy.catalogue.jurisdictions.values()
        return [listed_kind(city, kind) for city in cities for kind in city.services.values()]

    def bureaus(self) -> Sequence[ListedBureau]:
        """Return the bureaus of all cities."""
        cities = self.policy.catalogue.jurisdictions.values()
        return [listed_bureau(city, one) for city in cities for one in city.bureaus.values()]

    async def case(self, case_id: str, bureau: str | None) -> CaseDetails | None:
        """Return a case for a bureau, or an operator for None; None if hidden from it."""
        async with postgres.snapshot(self.pool) as db:
            found = await find_case(db, case_id)
        if found is None or (bureau and bureau not in found.case.bureaus):
            return None
        return case_details(found, bureau, self.clock())

    async def surges(self, before: int, limit: int) -> Sequence[tuple[int, ListedSurge]]:
        """Return the newest surges with a lower number than ``before``, each with its number."""
        return await list_surges(self.pool, before, limit)

    async def close_surge(self, surge_id: str, closing: SurgeClosing) -> OrderedClosing | None:
        """Order to close the open cases of a surge, and audit it; None for an unknown surge.

        An order for too many cases waits as a whole, without an event for each.
        """
        city = await city_of_surge(self.pool, surge_id)
        if city is None:
            return None
        redact = self.policy.city_redactor(city).redact_note
        redacted = replace(closing, reason=redact(closing.reason), note=redact(closing.note))
        approval_id = None
        async with transaction(self.pool) as db:
            count = await count_to_close(db, surge_id)
            if is_too_many(count, self.policy.four_eyes(city)):
                approval_id = new_id()
                await insert_waiting(db, [_waiting(approval_id, surge_id, redacted)])
            else:
                count = await order_closing(db, surge_id, redacted)
        outcome = "waits" if approval_id else "executed"
        audit("surge_closing", actor=closing.actor, surge_id=surge_id, cases=count, outcome=outcome)
        self.wake_closings()
        return OrderedClosing(count, approval_id)

    async def lock_bureau(self, db: Connection, bureau: str) -> None:
        """Block new events of a bureau until the transaction ends."""
        await lock_bureaus(db, [bureau])


def _answer(outcome: Sequence[Event] | CommandRefusal, body_digest: bytes) -> CommandAnswer:
    if isinstance(outcome, CommandRefusal):
        return CommandAnswer(refusal=outcome, body_digest=body_digest)
    waits = (e.data.approval_id for e in outcome if isinstance(e, CaseApprovalRequested))
    return CommandAnswer(
        tuple(map(encode, outcome)), body_digest=body_digest, approval_id=next(waits, None)
    )


def _outcome_code(answer: CommandAnswer) -> str:
    if answer.approval_id:
        return "waits"
    return answer.refusal.code if answer.refusal else "executed"


def _waiting(approval_id: str, surge_id: str, closing: SurgeClosing) -> WaitingCommand:
    """Return an order to close a surge as what waits for a second person."""
    order = {"reason": closing.reason, "note": closing.note, "status": closing.status}
    data = {"command": "close_surge", "surge_id": surge_id, **order}
    return WaitingCommand(
        approval_id, "close_many", closing.given_at, closing.source, closing.actor, data
    )


def _closing(waiting: WaitingCommand, approved_by: str) -> SurgeClosing:
    return SurgeClosing(
        waiting.source,
        waiting.actor,
        **{name: waiting.data[name] for name in ("reason", "note", "status")},
        given_at=waiting.requested_at,
        approved_by=approved_by,
    )


def _again(waiting: WaitingCommand) -> OperatorCommanded:
    """Return a command that waited, as a new one that is based on the present state."""
    data = {**waiting.data, "expected_version": None}
    time = waiting.requested_at.isoformat()
    return OperatorCommanded(id=new_id(), source=waiting.source, time=time, data=data)
