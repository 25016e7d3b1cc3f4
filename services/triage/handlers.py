"""What triage does when requests come in and cases end."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.triage.assessment import Hearing, PointSpan, hear, placed, point_spans
from services.triage.outbound.decision import decision_on
from services.triage.policy import Rulebook
from services.triage.records import Decided, Split, Turn
from services.triage.resolution import Crowds, Ruling, rule_on
from services.triage.rules.dedup.case_index import KnownCases, Search
from services.triage.rules.dedup.model import Case
from services.triage.rules.dedup.placeholder_points import Use
from services.triage.rules.priority.context import KnownSurge, Reporters, surge_point
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


class Cases(Protocol):
    """The known cases and the decisions made, inside one transaction."""

    async def lock(self, keys: Collection[str]) -> None:
        """Let nobody else decide under these dedup keys until the transaction ends."""
        ...

    async def decided(self, request_ids: Collection[str]) -> Collection[str]:
        """Return those of the requests that were decided before."""
        ...

    async def turn(self, turns: Sequence[Turn]) -> None:
        """Note for ever what cases ended, were merged or reopened, known or not yet.

        What is older than known changes nothing.
        """
        ...

    async def split(self, splits: Sequence[Split]) -> None:
        """Note for ever that requests went to other cases, which are known from now on."""
        ...

    async def note_surges(self, surges: Sequence[KnownSurge]) -> None:
        """Know these surges; an end that is known already stays."""
        ...

    async def surges(
        self, keys: Collection[str], since: datetime, until: datetime
    ) -> Sequence[KnownSurge]:
        """Return at least every surge of these dedup keys between the moments."""
        ...

    async def near(self, searches: Sequence[Search]) -> Iterable[Case]:
        """Return at least every case that a search means; more is allowed."""
        ...

    async def reporters(self, case_ids: Collection[str]) -> Mapping[str, Reporters]:
        """Return who reported each of these cases."""
        ...

    async def uses(self, spans: Sequence[PointSpan]) -> Iterable[Use]:
        """Return the newest case of each group at exactly these points."""
        ...

    async def add(self, cases: Sequence[Case]) -> None:
        """Know these cases."""
        ...

    async def record(self, decisions: Sequence[Decided]) -> None:
        """Keep these decisions; a split that was noted before one of them holds."""
        ...


async def on_messages(
    messages: Sequence[Message[Any]], cases: Cases, rulebook: Rulebook, now: datetime
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


async def _take_in(events: Sequence[Event], cases: Cases) -> None:
    newest: dict[str, Turn] = {}
    splits: list[Split] = []
    surges = [_surge(e) for e in events if isinstance(e, SurgeStarted | SurgeEnded)]
    for event in events:
        if isinstance(event, CaseRequestSplit):
            splits.append(_split(event))
        if isinstance(event, CaseClosed | CaseReopened):
            turn = _turn(event)
            newest[turn.case_id] = max(newest.get(turn.case_id, turn), turn, key=_version)
    if newest:
        await cases.turn(list(newest.values()))
    if splits:
        await cases.split(splits)
    if surges:
        await cases.note_surges(surges)


def _turn(event: CaseClosed | CaseReopened) -> Turn:
    if isinstance(event, CaseReopened):
        return Turn(event.data.case_id, event.data.version, None)
    closed = event.data
    return Turn(closed.case_id, closed.version, closed.closed_at, closed.merged_into)


def _split(event: CaseRequestSplit) -> Split:
    split = event.data
    return Split(
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


def _version(turn: Turn) -> int:
    return turn.version


async def _decide(
    events: Sequence[RequestSubmitted], cases: Cases, rulebook: Rulebook, now: datetime
) -> list[Event]:
    fresh = await _undecided(events, cases)
    hearings = await _with_surges([hear(event.data, rulebook) for event in fresh], cases)
    known = KnownCases()
    for use in await cases.uses(point_spans(hearings)):
        known.points.note(use)
    hearings = [placed(hearing, known.points) for hearing in hearings]
    for found in await cases.near([hearing.search for hearing in hearings if hearing.search]):
        known.add(found)
    rulings = [rule_on(hearing, known) for hearing in hearings]
    joined = {r.case.case_id for r in rulings if r.case and r.outcome == "duplicate"}
    crowds = Crowds(await cases.reporters(joined))
    await cases.add([case for ruling in rulings if (case := ruling.makes_known)])
    await cases.record([_decided(ruling) for ruling in rulings])
    return [
        RequestTriaged.of(
            decision_on(ruling, rulebook.version, crowds.joined_by(ruling)),
            now=now,
            cause=event,
            request=event.data.request_id,
        )
        for event, ruling in zip(fresh, rulings, strict=True)
    ]


async def _with_surges(hearings: Sequence[Hearing], cases: Cases) -> Sequence[Hearing]:
    if not hearings:
        return hearings
    moments = [hearing.report.observed_at for hearing in hearings]
    keys = {hearing.opens.key for hearing in hearings}
    surges = await cases.surges(keys, min(moments), max(moments))
    return [_with_surge(hearing, surges) for hearing in hearings] if surges else hearings


def _with_surge(hearing: Hearing, surges: Sequence[KnownSurge]) -> Hearing:
    where, moment = district_of(hearing.request), hearing.report.observed_at
    point = surge_point(surges, hearing.opens.key, where, moment)
    return hearing if point is None else hearing.and_also(point)


async def _undecided(
    events: Sequence[RequestSubmitted], cases: Cases
) -> Sequence[RequestSubmitted]:
    first = {event.data.request_id: event for event in reversed(events)}
    before = await cases.decided(first.keys())
    return [
        event
        for event in events
        if first[event.data.request_id] is event and event.data.request_id not in before
    ]


def _decided(ruling: Ruling) -> Decided:
    case_id = ruling.case.case_id if ruling.case else None
    return Decided(ruling.hearing.opens.key, ruling.hearing.report, ruling.outcome, case_id)
