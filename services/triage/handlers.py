"""What triage does when requests come in and cases end."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.triage.assessment import (
    AssessedReport,
    PointLookup,
    assess_report,
    drop_placeholder_point,
    point_lookups,
)
from services.triage.outbound.decision import to_decision
from services.triage.policy import TriagePolicy
from services.triage.records import CaseStateChange, DecisionRecord, RequestSplit
from services.triage.resolution import BatchReporters, Resolution, resolve
from services.triage.rules.dedup.case_index import CandidateQuery, CaseIndex
from services.triage.rules.dedup.model import TriageCase
from services.triage.rules.dedup.placeholder_points import PointUse
from services.triage.rules.priority.context import KnownSurge, Reporters, surge_reason
from services.triage.surges.state import district_of
from shared.contract.events import (
    CaseClosed,
    CaseReopened,
    CaseRequestSplit,
    Event,
    RequestSubmitted,
    RequestTriaged,
    SurgeEnded,
    SurgeStarted,
)
from shared.contract.topics import dedup_key
from shared.runtime.consumer.messages import Message


class TriageStore(Protocol):
    """The known cases and the decisions made, inside one transaction."""

    async def lock(self, keys: Collection[str]) -> None:
        """Let nobody else decide under these dedup keys until the transaction ends."""
        ...

    async def already_decided(self, request_ids: Collection[str]) -> Collection[str]:
        """Return those of the requests that were decided before."""
        ...

    async def record_state_changes(self, turns: Sequence[CaseStateChange]) -> None:
        """Note for ever what cases ended, were merged or reopened, known or not yet.

        What is older than known changes nothing.
        """
        ...

    async def record_splits(self, splits: Sequence[RequestSplit]) -> None:
        """Note for ever that requests went to other cases, which are known from now on."""
        ...

    async def record_surges(self, surges: Sequence[KnownSurge]) -> None:
        """Know these surges; an end that is known already stays."""
        ...

    async def surges(
        self, keys: Collection[str], since: datetime, until: datetime
    ) -> Sequence[KnownSurge]:
        """Return at least every surge of these dedup keys between the moments."""
        ...

    async def candidates(self, searches: Sequence[CandidateQuery]) -> Iterable[TriageCase]:
        """Return at least every case that a search means; more is allowed."""
        ...

    async def reporters(self, case_ids: Collection[str]) -> Mapping[str, Reporters]:
        """Return who reported each of these cases."""
        ...

    async def point_uses(self, spans: Sequence[PointLookup]) -> Iterable[PointUse]:
        """Return the newest case of each group at exactly these points."""
        ...

    async def add(self, cases: Sequence[TriageCase]) -> None:
        """Know these cases."""
        ...

    async def record_decisions(self, decisions: Sequence[DecisionRecord]) -> None:
        """Keep these decisions; a split that was noted before one of them holds."""
        ...


async def on_messages(
    messages: Sequence[Message[Any]], cases: TriageStore, rulebook: TriagePolicy, now: datetime
) -> list[Event]:
    """Take in what happened to cases, then decide each new request once, in order.

    Later requests see the decisions on earlier ones. What happened to cases is judged by event
    time, so it may be taken in first.
    """
    events = [message.event for message in messages]
    await cases.lock({dedup_key(e.data.jurisdiction, e.data.dedup_group) for e in events})
    await _take_in(events, cases)
    submitted = [event for event in events if isinstance(event, RequestSubmitted)]
    return await _decide(submitted, cases, rulebook, now) if submitted else []


async def _take_in(events: Sequence[Event], cases: TriageStore) -> None:
    newest: dict[str, CaseStateChange] = {}
    splits: list[RequestSplit] = []
    surges = [_surge(e) for e in events if isinstance(e, SurgeStarted | SurgeEnded)]
    for event in events:
        if isinstance(event, CaseRequestSplit):
            splits.append(_split(event))
        if isinstance(event, CaseClosed | CaseReopened):
            turn = _turn(event)
            newest[turn.case_id] = max(newest.get(turn.case_id, turn), turn, key=_version)
    if newest:
        await cases.record_state_changes(list(newest.values()))
    if splits:
        await cases.record_splits(splits)
    if surges:
        await cases.record_surges(surges)


def _turn(event: CaseClosed | CaseReopened) -> CaseStateChange:
    if isinstance(event, CaseReopened):
        return CaseStateChange(event.data.case_id, event.data.version, None)
    closed = event.data
    return CaseStateChange(closed.case_id, closed.version, closed.closed_at, closed.merged_into)


def _split(event: CaseRequestSplit) -> RequestSplit:
    split = event.data
    return RequestSplit(
        split.request_id,
        split.case_id,
        split.to_case,
        split.version,
        split.moves,
        split.opened_by,
    )


def _surge(event: SurgeStarted | SurgeEnded) -> KnownSurge:
    told = event.data
    return KnownSurge(
        told.surge_id,
        dedup_key(told.jurisdiction, told.dedup_group),
        told.district,
        told.window_start,
        told.window_end if isinstance(event, SurgeEnded) else None,
        told.count,
        told.expected,
    )


def _version(turn: CaseStateChange) -> int:
    return turn.version


async def _decide(
    events: Sequence[RequestSubmitted], cases: TriageStore, rulebook: TriagePolicy, now: datetime
) -> list[Event]:
    fresh = await _undecided(events, cases)
    hearings = await _with_surges([assess_report(event.data, rulebook) for event in fresh], cases)
    known = CaseIndex()
    for use in await cases.point_uses(point_lookups(hearings)):
        known.point_uses.add(use)
    hearings = [drop_placeholder_point(hearing, known.point_uses) for hearing in hearings]
    for found in await cases.candidates([hearing.query for hearing in hearings if hearing.query]):
        known.add(found)
    rulings = [resolve(hearing, known) for hearing in hearings]
    joined = {r.case.case_id for r in rulings if r.case and r.outcome == "duplicate"}
    crowds = BatchReporters(await cases.reporters(joined))
    await cases.add([case for ruling in rulings if (case := ruling.opened_case)])
    await cases.record_decisions([_decided(ruling) for ruling in rulings])
    return [
        RequestTriaged.of(
            to_decision(ruling, rulebook.version, crowds.reporters_after(ruling)),
            now=now,
            cause=event,
            request=event.data.request_id,
        )
        for event, ruling in zip(fresh, rulings, strict=True)
    ]


async def _with_surges(
    hearings: Sequence[AssessedReport], cases: TriageStore
) -> Sequence[AssessedReport]:
    if not hearings:
        return hearings
    moments = [hearing.report.observed_at for hearing in hearings]
    keys = {hearing.new_case.key for hearing in hearings}
    surges = await cases.surges(keys, min(moments), max(moments))
    return [_with_surge(hearing, surges) for hearing in hearings] if surges else hearings


def _with_surge(hearing: AssessedReport, surges: Sequence[KnownSurge]) -> AssessedReport:
    where, moment = district_of(hearing.request), hearing.report.observed_at
    point = surge_reason(surges, hearing.new_case.key, where, moment)
    return hearing if point is None else hearing.with_reason(point)


async def _undecided(
    events: Sequence[RequestSubmitted], cases: TriageStore
) -> Sequence[RequestSubmitted]:
    first = {event.data.request_id: event for event in reversed(events)}
    before = await cases.already_decided(first.keys())
    return [
        event
        for event in events
        if first[event.data.request_id] is event and event.data.request_id not in before
    ]


def _decided(ruling: Resolution) -> DecisionRecord:
    case_id = ruling.case.case_id if ruling.case else None
    return DecisionRecord(
        ruling.assessed.new_case.key, ruling.assessed.report, ruling.outcome, case_id
    )
