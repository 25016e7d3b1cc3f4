"""Projection of decisions and case events onto the public status; events may come in any order."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from services.intake.public_status.model import CaseLink, PublicDecision, StatusChange
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
    """The read model; every write is idempotent."""

    async def save_requests(
        self, decisions: Sequence[PublicDecision], links: Sequence[CaseLink]
    ) -> None:
        """Save the decisions and the cases of requests; of several links the latest wins."""
        ...

    async def save_changes(self, changes: Sequence[StatusChange]) -> None:
        """Save status changes of cases."""
        ...

    async def refresh_listings(
        self, request_ids: Collection[str], case_ids: Collection[str]
    ) -> None:
        """Update case, status and time of listed requests: of some, and of all in some cases."""
        ...


async def project_events(
    messages: Sequence[Message[StatusEvent]], statuses: PublicStatuses
) -> None:
    """Update the public status of every request that the events are about."""
    events = [message.event for message in messages]
    decisions = [_decision(event) for event in events if isinstance(event, RequestTriaged)]
    links = [link for event in events if (link := _link(event))]
    changes = [change for event in events if (change := _change(event))]
    await statuses.save_requests(decisions, links)
    await statuses.save_changes(changes)
    await statuses.refresh_listings(
        {one.request_id for one in decisions} | {link.request_id for link in links},
        {link.case_id for link in links} | {change.case_id for change in changes},
    )


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
