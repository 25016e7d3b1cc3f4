"""Projection of decisions and case events onto the public status; events may come in any order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from services.intake.public_status.model import CaseLink, PublicDecision, StatusChange
from services.intake.public_status.nearby import NearbyState
from services.intake.rules.text import normalize_or_none
from shared.contract.events import (
    CaseClosed,
    CaseOpened,
    CasePriorityLowered,
    CasePriorityRaised,
    CaseReopened,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseState,
    CaseStatusChange,
    CaseStatusChanged,
    CaseWithRequest,
    Decision,
    NoteAdded,
    RequestReassessed,
    RequestTriaged,
)
from shared.runtime.consumer.messages import Message

StatusEvent: TypeAlias = (
    RequestTriaged
    | RequestReassessed
    | NoteAdded
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
    """The read model; every write is idempotent."""

    async def save_requests(
        self, decisions: Sequence[PublicDecision], links: Sequence[CaseLink]
    ) -> None:
        """Save the decisions and the cases of requests; of several links the latest wins."""
        ...

    async def save_changes(self, changes: Sequence[StatusChange]) -> None:
        """Save status changes of cases."""
        ...

    async def save_cases(self, cases: Sequence[NearbyState]) -> None:
        """Save the states of cases, of which the newest of each case wins."""
        ...


async def project_events(
    messages: Sequence[Message[StatusEvent]], statuses: PublicStatuses
) -> None:
    """Update the public status of every request that the events are about."""
    events = [message.event for message in messages]
    await statuses.save_requests(
        [_decision(event) for event in events if isinstance(event, RequestTriaged)],
        [link for event in events if (link := _link(event))],
    )
    await statuses.save_changes([change for event in events if (change := _change(event))])
    await statuses.save_cases([case for event in events if (case := _nearby_state(event))])


def _decision(event: RequestTriaged) -> PublicDecision:
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


def _link(event: StatusEvent) -> CaseLink | None:
    match event:
        case RequestTriaged(data=decision) if decision.case_id:
            return CaseLink(decision.request_id, decision.case_id, event.time)
        case CaseOpened(data=data) | CaseRequestAttached(data=data):
            return CaseLink(data.request_id, data.case_id, event.time, data.moves)
        case CaseRequestSplit(data=split):
            return CaseLink(split.request_id, split.to_case, event.time, split.moves)
        case _:
            return None


def _nearby_state(event: StatusEvent) -> NearbyState | None:
    """Return the state or the place of a case; a merged case is closed, and so in no list."""
    if isinstance(event, RequestTriaged):
        return _placed(event.data)
    case = event.data
    if not isinstance(case, CaseState):
        return None
    return NearbyState(
        case.case_id,
        case.version,
        case.jurisdiction,
        case.dedup_group,
        case.service_code,
        case.status,
        case.request_count,
        moved_from=case.moved_from if isinstance(case, CaseWithRequest) else None,
    )


def _placed(decision: Decision) -> NearbyState | None:
    request = decision.request
    at = request.location
    if decision.case_id is None or decision.outcome == "duplicate" or at.precision != "point":
        return None
    return NearbyState(
        decision.case_id,
        0,
        request.jurisdiction,
        request.dedup_group,
        decision.service_code,
        "open",
        1,
        request.submitted_at,
        at.latitude,
        at.longitude,
    )


def _change(event: StatusEvent) -> StatusChange | None:
    match event:
        case CaseClosed(data=data) if data.merged_into:
            return None  # its requests are in another case now, and show that one's changes
        case CaseOpened(data=data):
            return _change_to(data, event.time)
        case CaseStatusChanged(data=data) | CaseClosed(data=data) | CaseReopened(data=data):
            return _change_to(data, event.time)
        case _:
            return None


def _change_to(case: CaseState, taken_at: datetime) -> StatusChange:
    move = case if isinstance(case, CaseStatusChange) else None
    return StatusChange(
        case_id=case.case_id,
        version=case.version,
        status=case.status,
        taken_at=taken_at,
        bureau=case.lead_bureau,
        note=normalize_or_none(move.public_note) if move else None,
        scheduled_for=move.scheduled_for if move else None,
    )
