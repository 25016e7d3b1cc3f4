"""Event handler of triage: apply case changes, then decide the new requests of a batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.triage.decisions.assessment import (
    AssessedReport,
    PointLookup,
    StatedParts,
    assess_report,
    point_lookups,
    report_place,
)
from services.triage.decisions.reassessment import NotedRequest, Reassessed, place_of, reassess
from services.triage.decisions.resolution import BatchReporters, Resolution, resolve
from services.triage.inbound import InboundChanges, dedup_keys, read_changes
from services.triage.outbound import passed_on, to_decision, to_event, to_report_counts
from services.triage.policy import TriagePolicy
from services.triage.records import (
    CaseStateChange,
    CorrectedCase,
    DecisionRecord,
    PlacedRequest,
    SplitRecord,
)
from services.triage.rules.dedup.case_index import CandidateQuery, CaseIndex
from services.triage.rules.dedup.model import TriageCase
from services.triage.rules.dedup.scoring import PointUse
from services.triage.rules.priority.context import KnownSurge, Reporters
from services.triage.surges.state import district_of
from shared.contract.events import (
    CaseKindChanged,
    CasePlaceChanged,
    Decision,
    Event,
    NoteAdded,
    ReportsCounted,
    RequestSubmitted,
    RequestTriaged,
)
from shared.contract.topics import dedup_key
from shared.runtime.consumer.messages import Message
from shared.runtime.outgoing import Outgoing


class NoteStore(Protocol):
    """Notes inside the transaction of the batch."""

    async def add(self, notes: Sequence[NoteAdded]) -> None:
        """Store notes; a stored one stays as it is."""

    async def take_ready(self, request_ids: Collection[str]) -> Sequence[NotedRequest]:
        """Return the decided requests with waiting notes, and mark these notes as passed on."""

    async def record(self, reassessed: Sequence[Reassessed]) -> None:
        """Store the priorities and dangers that later notes are compared with."""


class TriageStore(Protocol):
    """Triage's tables inside one transaction: cases, decisions, splits, surges and notes."""

    @property
    def notes(self) -> NoteStore:
        """The notes."""

    async def lock(self, keys: Collection[str]) -> None:
        """Lock these dedup keys until the transaction ends."""

    async def already_decided(self, request_ids: Collection[str]) -> Collection[str]:
        """Return the decided ones of the requests."""

    async def record_state_changes(self, changes: Sequence[CaseStateChange]) -> None:
        """Store state changes, also of unknown cases; the highest version wins."""

    async def record_corrections(self, corrections: Sequence[CorrectedCase]) -> None:
        """Set kind and place of cases, and the kind of their requests; the highest version wins."""

    async def record_splits(self, splits: Sequence[SplitRecord]) -> None:
        """Store splits and add the cases that the requests moved to. Idempotent."""

    async def record_surges(self, surges: Sequence[KnownSurge]) -> None:
        """Store surges; the stored end of a surge is never changed."""

    async def surges(
        self, keys: Collection[str], since: datetime, until: datetime
    ) -> Sequence[KnownSurge]:
        """Return at least the surges that overlap an interval, bounds inclusive."""

    async def candidates(self, queries: Sequence[CandidateQuery]) -> Iterable[TriageCase]:
        """Return at least the cases that match a query; more are allowed."""

    async def followed(self, case_ids: Collection[str]) -> Mapping[str, TriageCase]:
        """Return the existing ones of the cases, merges followed."""

    async def reporters(self, case_ids: Collection[str]) -> Mapping[str, Reporters]:
        """Return the reporters of each of these cases."""

    async def point_uses(self, lookups: Sequence[PointLookup]) -> Iterable[PointUse]:
        """Return the newest case of each dedup key at exactly these points."""

    async def add(self, cases: Sequence[TriageCase]) -> None:
        """Add cases; a stored one stays as it is."""

    async def record_decisions(self, decisions: Sequence[DecisionRecord]) -> None:
        """Store decisions and apply the splits that arrived before them."""

    async def record_places(self, placed: Sequence[PlacedRequest]) -> None:
        """Set the place of requests without one, and let later reports find their cases."""


async def on_messages(
    messages: Sequence[Message[Any]], store: TriageStore, policy: TriagePolicy, now: datetime
) -> list[Event | Outgoing]:
    """Apply the case changes of a batch, decide each new request once, in order, read its notes.

    Later requests see the cases that earlier ones opened. The changes may be applied first,
    because the rules compare event times.

    Returns:
        A ``RequestTriaged`` for each undecided request, the counts of these requests for the surge
        watcher, each note of a request with a case, and a ``RequestReassessed`` where notes raise a
        priority or describe a danger.
    """
    events = [message.event for message in messages]
    await store.lock({key for event in events for key in dedup_keys(event)})
    await _apply(read_changes(events), store)
    if corrections := _corrections(events, policy):
        await store.record_corrections(corrections)
    submitted = [event for event in events if isinstance(event, RequestSubmitted)]
    undecided = await _undecided(submitted, store) if submitted else ()
    decisions = await _decide(undecided, store, policy, now) if undecided else ()
    counts = to_report_counts(event.data for event in undecided)
    notes = [event for event in events if isinstance(event, NoteAdded)]
    noted = await _read_notes(notes, {e.data.request_id for e in undecided}, store, policy, now)
    return [*decisions, *(ReportsCounted.of(data, now=now) for data in counts), *noted]


async def _read_notes(
    notes: Sequence[NoteAdded],
    decided: Collection[str],
    store: TriageStore,
    policy: TriagePolicy,
    now: datetime,
) -> list[Event | Outgoing]:
    """Pass new notes on behind the decisions of their requests, and reassess these requests."""
    if notes:
        await store.notes.add(notes)
    request_ids = {*decided, *(note.data.request_id for note in notes)}
    requests = await store.notes.take_ready(request_ids) if request_ids else ()
    produced: list[Event | Outgoing] = [
        passed_on(note, request.case_id)
        for request in requests
        for note in request.waiting
        if request.case_id
    ]
    placed = [at for request in requests if (at := place_of(request, policy))]
    if placed:
        await store.record_places(placed)
    reassessed = [found for request in requests if (found := reassess(request, policy))]
    if reassessed:
        await store.notes.record(reassessed)
    return [*produced, *(to_event(one, now) for one in reassessed)]


async def _apply(changes: InboundChanges, store: TriageStore) -> None:
    if changes.state_changes:
        await store.record_state_changes(changes.state_changes)
    if changes.splits:
        await store.record_splits(changes.splits)
    if changes.surges:
        await store.record_surges(changes.surges)


def _corrections(events: Iterable[Event], policy: TriagePolicy) -> Sequence[CorrectedCase]:
    """Return the last correction of each case in a batch, of cities that are known."""
    latest: dict[str, CorrectedCase] = {}
    for event in events:
        if isinstance(event, CaseKindChanged | CasePlaceChanged):
            case, city = event.data, policy.cities.get(event.data.jurisdiction)
            known = latest.get(case.case_id)
            if city and (known is None or known.version < case.version):
                latest[case.case_id] = CorrectedCase(
                    case.case_id,
                    case.version,
                    case.opened_by,
                    dedup_key(case.jurisdiction, case.dedup_group),
                    case.service_code,
                    report_place(case.location, city),
                )
    return list(latest.values())


async def _undecided(
    events: Sequence[RequestSubmitted], store: TriageStore
) -> Sequence[RequestSubmitted]:
    """Return the first event of each request that has no decision yet."""
    first = {event.data.request_id: event for event in reversed(events)}
    decided = await store.already_decided(first.keys())
    return [
        event
        for event in events
        if first[event.data.request_id] is event and event.data.request_id not in decided
    ]


async def _decide(
    events: Sequence[RequestSubmitted], store: TriageStore, policy: TriagePolicy, now: datetime
) -> list[Event]:
    reports = [assess_report(event.data, policy) for event in events]
    surges = await _surges(reports, store)
    index = CaseIndex()
    for use in await store.point_uses(point_lookups(reports)):
        index.point_uses.add(use)
    for candidate in await store.candidates([a.query for a in reports if a.query]):
        index.add(candidate)
    if followed := {id_ for event in events if (id_ := event.data.follow_case)}:
        index.followed.update(await store.followed(followed))
    resolutions = [resolve(assessed, index) for assessed in reports]
    joined = {r.case.case_id for r in resolutions if r.case and r.outcome == "duplicate"}
    reporters = BatchReporters(await store.reporters(joined))
    await store.add([case for resolution in resolutions if (case := resolution.opened_case)])
    decisions = [
        to_decision(
            resolution,
            policy.version,
            reporters.after(resolution),
            surges.get((resolution.assessed.new_case.key, district_of(event.data)), ()),
        )
        for event, resolution in zip(events, resolutions, strict=True)
    ]
    await store.record_decisions(list(map(_decision_record, resolutions, decisions)))
    return [
        RequestTriaged.of(decision, now=now, cause=event, request=event.data.request_id)
        for event, decision in zip(events, decisions, strict=True)
    ]


async def _surges(
    reports: Sequence[AssessedReport], store: TriageStore
) -> Mapping[tuple[str, str], Sequence[KnownSurge]]:
    """Return the surges that may include a report, by dedup key and district."""
    keys = {assessed.new_case.key for assessed in reports}
    times = [assessed.report.observed_at for assessed in reports]
    by_place: dict[tuple[str, str], list[KnownSurge]] = {}
    for surge in await store.surges(keys, min(times), max(times)):
        by_place.setdefault((surge.key, surge.district), []).append(surge)
    return by_place


def _decision_record(resolution: Resolution, decision: Decision) -> DecisionRecord:
    assessed = resolution.assessed
    return DecisionRecord(
        assessed.new_case.key,
        assessed.report,
        decision.outcome,
        decision.case_id,
        StatedParts.json_of(assessed.request),
        decision.priority.score,
        decision.emergency.code if decision.emergency else None,
    )
