"""Projection of decisions and case events onto the public status; events may come in any order."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from services.intake.pictures import media_ids_of
from services.intake.public_status.nearby import NearbyState
from services.intake.public_status.store import PlacedCase, PostgresPublicStatuses
from services.intake.records.public import CaseLink, PublicDecision, StatusChange, WorkPictures
from shared.contract.events import (
    CaseClosed,
    CaseErasureOrdered,
    CaseKindChanged,
    CaseOpened,
    CaseOverdue,
    CasePlaceChanged,
    CasePriorityLowered,
    CasePriorityRaised,
    CaseReopened,
    CaseReopening,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseStatusChanged,
    CaseWithRequest,
    Event,
    Note,
    RequestTriaged,
)
from shared.runtime.consumer.messages import Message
from shared.text_matching.normalization import normalize_or_none
from shared.vocabulary import TriageOutcome

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class PictureRules:
    """Rules about the bureaus' pictures of their work."""

    public_url: str
    publishers: Collection[str] = ()

    def pictures_of(self, event: Event) -> WorkPictures | None:
        """Return the pictures of ours in an event; None for none."""
        if not isinstance(event, CaseStatusChanged | CaseClosed):
            return None
        case = event.data
        media_ids = media_ids_of((one.url for one in case.media), self.public_url)
        publisher = case.bureau if case.bureau in self.publishers else None
        return WorkPictures(case.case_id, case.version, media_ids, publisher) if media_ids else None


async def project_events(
    messages: Sequence[Message[Event]], statuses: PostgresPublicStatuses, rules: PictureRules
) -> None:
    """Update the public status of every request that the events are about.

    A decision that opens a case leaves the lists to that case's opening, which follows at once: a
    row that is in several indexes is written once instead of twice.
    """
    events = [message.event for message in messages]
    decided = [event for event in events if type(event) is RequestTriaged]
    decisions = [_decision(event) for event in decided]
    joinings = list(_made(_JOININGS, events))
    opened = (
        CaseLink(one.data.request_id, one.data.case_id, one.time)
        for one in decided
        if one.data.case_id
    )
    links = [*opened, *joinings]
    changes = list(_made(_CHANGES, events))
    await statuses.save_requests(decisions, links)
    await statuses.save_changes(changes)
    await statuses.save_pictures(list(filter(None, (rules.pictures_of(one) for one in events))))
    await statuses.save_cases(list(_made(_NEARBY, events)))
    await statuses.place_cases(list(_placed_by_notes(messages)))
    await statuses.refresh_listings(
        {one.request_id for one in decisions if one.outcome not in _OPENS_CASE}
        | {joining.request_id for joining in joinings},
        joined={link.case_id for link in links},
        changed={change.case_id for change in changes},
    )


def erasures_in(messages: Iterable[Message[Event]]) -> Collection[str]:
    """Return the ids of the requests whose erasure staff ordered."""
    events = (message.event for message in messages)
    return {one.data.request_id for one in events if isinstance(one, CaseErasureOrdered)}


def _made(
    makers: Mapping[type[Event], Callable[[Any], R | None]], events: Iterable[Event]
) -> Iterator[R]:
    """Yield the value of each event by its class; a look-up is faster than isinstance tests."""
    for event in events:
        make = makers.get(type(event))
        if make is not None and (made := make(event)) is not None:
            yield made


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
        answer=next((advice.code for advice in decision.advice), None)
        if decision.outcome == "answered"
        else None,
    )


def _link_of_joining(event: CaseOpened | CaseRequestAttached) -> CaseLink:
    joined = event.data
    return CaseLink(joined.request_id, joined.case_id, event.time, joined.moves)


def _placed(event: RequestTriaged) -> NearbyState | None:
    decision, request = event.data, event.data.request
    at = request.location
    if (
        decision.case_id is None
        or decision.outcome == "duplicate"
        or at.latitude is None
        or at.precision == "default"
    ):
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


def _placed_by_notes(messages: Iterable[Message[Event]]) -> Iterator[PlacedCase]:
    """Yield the cases that notes place: triage passes them on with the case as key."""
    for message in messages:
        note, case_id = message.event.data, message.record.key
        if not isinstance(note, Note) or not note.location or not case_id:
            continue
        at = note.location.latitude, note.location.longitude
        if at[0] is not None and at[1] is not None:
            yield PlacedCase(case_id.decode(), note.request_id, note.dedup_group, at[0], at[1])


def _nearby_state(event: Event) -> NearbyState:
    """Return the state of a case; a merged case is closed, and so in no list."""
    case = event.data
    return NearbyState(
        case.case_id,
        case.version,
        case.jurisdiction,
        case.dedup_group,
        case.service_code,
        case.status,
        case.request_count,
        moved_from=case.moved_from if isinstance(case, CaseWithRequest) else None,
        complete_by=case.due.complete_by if case.due else None,
    )


def _moved_state(event: CasePlaceChanged) -> NearbyState:
    at = event.data.location
    return _nearby_state(event)._replace(latitude=at.latitude, longitude=at.longitude)


def _link_of_split(event: CaseRequestSplit) -> CaseLink:
    split = event.data
    return CaseLink(split.request_id, split.to_case, event.time, split.moves)


def _opening(event: CaseOpened) -> StatusChange:
    case = event.data
    return StatusChange(case.case_id, case.version, case.status, event.time, case.lead_bureau)


def _change(event: CaseStatusChanged | CaseReopened | CaseClosed) -> StatusChange:
    case = event.data
    return StatusChange(
        case_id=case.case_id,
        version=case.version,
        status=case.status,
        taken_at=event.time,
        bureau=case.lead_bureau,
        note=normalize_or_none(case.public_note),
        scheduled_for=case.scheduled_for,
        not_fixed=isinstance(case, CaseReopening) and case.reason == _SAYS_NOT_FIXED,
    )


def _closing(event: CaseClosed) -> StatusChange | None:
    # the requests of a merged case are in another one now, and show that one's changes
    return None if event.data.merged_into else _change(event)


_SAYS_NOT_FIXED = "resident_says_not_fixed"
_OPENS_CASE: frozenset[TriageOutcome] = frozenset({"new", "recurrence", "possible_duplicate"})
_JOININGS: Mapping[type[Event], Callable[[Any], CaseLink | None]] = {
    CaseOpened: _link_of_joining,
    CaseRequestAttached: _link_of_joining,
    CaseRequestSplit: _link_of_split,
}
_CHANGES: Mapping[type[Event], Callable[[Any], StatusChange | None]] = {
    CaseOpened: _opening,
    CaseStatusChanged: _change,
    CaseClosed: _closing,
    CaseReopened: _change,
}
_NEARBY: Mapping[type[Event], Callable[[Any], NearbyState | None]] = {
    RequestTriaged: _placed,
    **dict.fromkeys((CaseOpened, CaseRequestAttached, CaseRequestSplit), _nearby_state),
    **dict.fromkeys((CaseStatusChanged, CaseClosed, CaseReopened), _nearby_state),
    **dict.fromkeys((CasePriorityRaised, CasePriorityLowered, CaseOverdue), _nearby_state),
    CaseKindChanged: _nearby_state,
    CasePlaceChanged: _moved_state,
}
