"""Following what becomes of each request, for the public view."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from services.intake.public_status.model import CaseLink, PublicDecision, StatusChange
from services.intake.rules.text import normalize_or_none
from shared.contract.events import (
    CaseClosed,
    CaseMove,
    CaseOpened,
    CasePriorityLowered,
    CasePriorityRaised,
    CaseReopened,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseState,
    CaseStatusChanged,
    Decision,
    RequestTriaged,
)
from shared.runtime.consumer.messages import Message

StatusEvent: TypeAlias = (
    RequestTriaged
    | CaseOpened
    | CaseRequestAttached
    | CaseStatusChanged
    | CasePriorityRaised
    | CasePriorityLowered
    | CaseRequestSplit
    | CaseClosed
    | CaseReopened
)


class PublicStatuses(Protocol):
    """What residents can look up."""

    async def decide(self, rulings: Sequence[PublicDecision]) -> None:
        """Note what was decided about requests; again is the same."""
        ...

    async def join(self, memberships: Sequence[CaseLink]) -> None:
        """Note where requests belong; of several memberships of one the latest counts."""
        ...

    async def move(self, steps: Sequence[StatusChange]) -> None:
        """Note how cases moved; the same step again is the same."""
        ...


async def project_events(
    messages: Sequence[Message[StatusEvent]], statuses: PublicStatuses
) -> None:
    """Keep the public status of each request up to date, in whatever order the events come."""
    events = [message.event for message in messages]
    await statuses.decide([_ruling(event) for event in events if isinstance(event, RequestTriaged)])
    await statuses.join([found for event in events if (found := _membership(event))])
    await statuses.move([step for event in events if (step := _step(event))])


def _ruling(event: RequestTriaged) -> PublicDecision:
    decision, referral = event.data, event.data.referral
    return PublicDecision(
        request_id=decision.request_id,
        decided_at=event.time,
        outcome=decision.outcome,
        referral_name=referral.name if referral else None,
        referral_phone=referral.phone if referral else None,
        referral_url=referral.url if referral else None,
        referral_reason=referral.reason.code if referral and referral.reason else None,
        answer=_answer(decision),
    )


def _answer(decision: Decision) -> str | None:
    if decision.outcome != "answered":
        return None
    return next((advice.code for advice in decision.advice), None)


def _membership(event: StatusEvent) -> CaseLink | None:
    match event:
        case RequestTriaged(data=decision) if decision.case_id:
            return CaseLink(decision.request_id, decision.case_id, event.time)
        case CaseOpened(data=data) | CaseRequestAttached(data=data):
            return CaseLink(data.request_id, data.case_id, event.time, data.moves)
        case CaseRequestSplit(data=split):
            return CaseLink(split.request_id, split.to_case, event.time, split.moves)
        case _:
            return None


def _step(event: StatusEvent) -> StatusChange | None:
    match event:
        case CaseClosed(data=data) if data.merged_into:
            return None  # its requests are in another case, whose steps they have
        case CaseOpened(data=data):
            return _step_to(data, event.time)
        case CaseStatusChanged(data=data) | CaseClosed(data=data) | CaseReopened(data=data):
            return _step_to(data, event.time)
        case _:
            return None


def _step_to(case: CaseState, taken_at: datetime) -> StatusChange:
    move = case if isinstance(case, CaseMove) else None
    return StatusChange(
        case_id=case.case_id,
        version=case.version,
        status=case.status,
        taken_at=taken_at,
        bureau=case.lead_bureau,
        note=normalize_or_none(move.public_note) if move else None,
        scheduled_for=move.scheduled_for if move else None,
    )
