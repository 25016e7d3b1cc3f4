"""From wire events to the rows of insight."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from services.insight.records import DecidedRequest, FactUpdates, RequestMembership, ResidentAnswer
from services.insight.rules.cases import CaseVersion, ChangeName
from shared.contract import events as e

_BY_DECISION = -1  # moves of a request whose case dispatch has not told yet
_ASKS_IF_FIXED = "completed"


def collect_updates(events: Iterable[e.Event]) -> FactUpdates:
    """Return what the events state; those of other types state nothing here."""
    updates = FactUpdates()
    for event in events:
        if reader := _READERS.get(type(event)):
            reader(updates, event)
        if isinstance(event.data, e.CaseState):
            change = _case_change(event)
            updates.changes[change.case_id, change.version] = change
    return updates


def _triaged(updates: FactUpdates, event: e.RequestTriaged) -> None:
    decision, request = event.data, event.data.request
    updates.decided[decision.request_id] = DecidedRequest(
        request_id=decision.request_id,
        jurisdiction=request.jurisdiction,
        channel=request.channel,
        language=request.language,
        kind=decision.service_code,
        dedup_group=request.dedup_group,
        district=request.location.district,
        level=decision.priority.level,
        outcome=decision.outcome,
        unsure=request.unsure,
        entered_by=request.entered_by,
        submitted_at=request.submitted_at,
        reporter=_reporter(request),
    )
    if decision.case_id:
        updates.place(RequestMembership(decision.request_id, decision.case_id, _BY_DECISION))


def _reporter(request: e.Request) -> int | None:
    """Return a number for the person, which cannot be compared with other groups of kinds."""
    if request.reporter_ref is None:
        return None
    text = f"{request.jurisdiction} {request.dedup_group} {request.reporter_ref}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def _joined(updates: FactUpdates, event: e.CaseOpened | e.CaseRequestAttached) -> None:
    case = event.data
    updates.place(RequestMembership(case.request_id, case.case_id, case.moves))


def _split(updates: FactUpdates, event: e.CaseRequestSplit) -> None:
    split = event.data
    updates.place(RequestMembership(split.request_id, split.to_case, split.moves))


def _asked(updates: FactUpdates, event: e.NotificationSent) -> None:
    if event.data.template == _ASKS_IF_FIXED:
        updates.asked.add(event.data.request_id)


def _answered(updates: FactUpdates, event: e.FeedbackGiven) -> None:
    given = event.data
    updates.answer(ResidentAnswer(given.request_id, given.at, given.fixed))


def _case_change(event: e.Event) -> CaseVersion:
    case: e.CaseState = event.data
    return CaseVersion(
        case_id=case.case_id,
        version=case.version,
        at=_moment(event),
        what=_NAMES.get(type(event), "other"),
        jurisdiction=case.jurisdiction,
        kind=case.service_code,
        dedup_group=case.dedup_group,
        bureau=case.lead_bureau,
        level=case.priority.level,
        status=case.status,
        complete_by=case.due.complete_by if case.due else None,
        first_reported_at=case.first_reported_at if isinstance(case, e.CaseWithRequest) else None,
        merged=isinstance(case, e.CaseClosing) and case.merged_into is not None,
        corrected=isinstance(case, e.CaseLowering | e.CaseKindChange | e.CasePlaceChange)
        or (isinstance(case, e.CasePriorityRaise) and case.request_id is None),
    )


def _moment(event: e.Event) -> datetime:
    """Return when it happened, by the clock of the bureau or operator where that is known."""
    if isinstance(event, e.CaseClosed):
        return event.data.closed_at
    if isinstance(event, e.CaseStatusChanged) and event.data.at:
        return event.data.at
    return event.time


_NAMES: Mapping[type[e.Event], ChangeName] = {
    e.CaseOpened: "joined",
    e.CaseRequestAttached: "joined",
    e.CaseRequestSplit: "moved",
    e.CaseClosed: "closed",
    e.CaseReopened: "reopened",
}
_READERS: Mapping[type[e.Event], Callable[[FactUpdates, Any], None]] = {
    e.RequestTriaged: _triaged,
    e.CaseOpened: _joined,
    e.CaseRequestAttached: _joined,
    e.CaseRequestSplit: _split,
    e.NotificationSent: _asked,
    e.FeedbackGiven: _answered,
}
