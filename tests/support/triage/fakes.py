"""In-memory ``TriageStore``."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.triage.decisions.assessment import PointLookup, StatedParts
from services.triage.decisions.reassessment import NotedRequest, Reassessed
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
from shared.contract.events import NoteAdded


class InMemoryNotes:
    """Notes in memory, beside the decisions of a store."""

    def __init__(self, decisions: dict[str, DecisionRecord]) -> None:
        self._decisions = decisions
        self._notes: dict[str, NoteAdded] = {}
        self._passed_on: set[str] = set()

    async def add(self, notes: Sequence[NoteAdded]) -> None:
        for note in notes:
            self._notes.setdefault(note.data.note_id, note)

    async def take_ready(self, request_ids: Collection[str]) -> Sequence[NotedRequest]:
        ready = [self._ready(i) for i in sorted(request_ids) if i in self._decisions]
        self._passed_on |= {n.data.note_id for one in ready for n in one.waiting}
        return [one for one in ready if one.waiting]

    def _ready(self, request_id: str) -> NotedRequest:
        decided = self._decisions[request_id]
        notes = [n for _, n in sorted(self._notes.items()) if n.data.request_id == request_id]
        return NotedRequest(
            request_id,
            decided.case_id,
            decided.report.kind,
            StatedParts.model_validate_json(decided.stated),
            decided.score,
            decided.emergency,
            [n for n in notes if n.data.note_id in self._passed_on],
            [n for n in notes if n.data.note_id not in self._passed_on],
        )

    async def record(self, reassessed: Sequence[Reassessed]) -> None:
        for one in reassessed:
            known = self._decisions[one.request.request_id]
            found = one.assessment.emergency
            self._decisions[one.request.request_id] = replace(
                known,
                score=max(known.score, one.assessment.priority.score),
                emergency=found.code if found else known.emergency,
            )


class InMemoryTriageStore:
    """Cases, decisions, splits and surges in memory; ``locked`` records the locks."""

    def __init__(self, *cases: TriageCase) -> None:
        self.cases = {case.case_id: case for case in cases}
        self.decisions: dict[str, DecisionRecord] = {}
        self.locked: list[str] = []
        self.state_changes: dict[str, CaseStateChange] = {}
        self.splits: dict[tuple[str, int], SplitRecord] = {}
        self.moves: dict[str, int] = {}
        self._opening_versions: dict[str, int] = {}
        self._corrected_versions: dict[str, int] = {}
        self._surges: dict[str, KnownSurge] = {}
        self.notes = InMemoryNotes(self.decisions)

    async def lock(self, keys: Collection[str]) -> None:
        self.locked += keys

    async def already_decided(self, request_ids: Collection[str]) -> set[str]:
        return self.decisions.keys() & set(request_ids)

    async def record_state_changes(self, changes: Sequence[CaseStateChange]) -> None:
        for change in changes:
            noted = self.state_changes.get(change.case_id)
            if noted is None or change.version > noted.version:
                self.state_changes[change.case_id] = change
            self._bring_up_to_date(change.case_id)

    def _bring_up_to_date(self, case_id: str) -> None:
        known, change = self.cases.get(case_id), self.state_changes.get(case_id)
        if known and change:
            self.cases[case_id] = known._replace(closed_at=change.closed_at)

    async def record_corrections(self, corrections: Sequence[CorrectedCase]) -> None:
        for one in corrections:
            if one.version <= self._corrected_versions.get(one.case_id, 0):
                continue
            self._corrected_versions[one.case_id] = one.version
            if one.opened_by not in self.decisions:
                continue
            opening = self.decisions[one.opened_by].report._replace(
                kind=one.service_code,
                point=one.place.point,
                address=one.place.address,
                position_error_m=one.place.position_error_m,
            )
            known = self.cases.get(one.case_id) or TriageCase(one.case_id, one.key, opening)
            self.cases[one.case_id] = known._replace(key=one.key, opening=opening)

    async def record_splits(self, splits: Sequence[SplitRecord]) -> None:
        for split in splits:
            self.splits.setdefault((split.request_id, split.moves), split)
        await self._carry_out(splits)

    async def _carry_out(self, splits: Sequence[SplitRecord]) -> None:
        for split in splits:
            decided = self.decisions.get(split.request_id)
            if decided and split.moves > self.moves.get(split.request_id, 0):
                self.moves[split.request_id] = split.moves
                self.decisions[split.request_id] = replace(decided, case_id=split.to_case)
            if decided:
                opened = TriageCase(
                    split.to_case, decided.key, decided.report, None, split.from_case
                )
                await self.add([opened])
            self._restate(split)

    def _restate(self, split: SplitRecord) -> None:
        left, other = self.cases.get(split.from_case), self.decisions.get(split.opened_by or "")
        if left and other and self._opening_versions.get(left.case_id, 0) < split.version:
            self._opening_versions[left.case_id] = split.version
            self.cases[left.case_id] = left._replace(opening=other.report)

    async def record_surges(self, surges: Sequence[KnownSurge]) -> None:
        for surge in surges:
            known = self._surges.get(surge.surge_id)
            if known is None or (known.until is None and surge.until is not None):
                self._surges[surge.surge_id] = surge

    async def surges(
        self, keys: Collection[str], since: datetime, until: datetime
    ) -> Sequence[KnownSurge]:
        return [
            surge
            for surge in self._surges.values()
            if surge.key in keys
            and surge.since <= until
            and (surge.until is None or surge.until > since)
        ]

    async def candidates(self, searches: Sequence[CandidateQuery]) -> Iterable[TriageCase]:
        known = CaseIndex()
        for case in self.cases.values():
            known.add(case)
        found = {
            case.case_id: case
            for search in searches
            for case in known.find(search)
            if self._fits(case, search)
        }
        return [self._as_it_stands(case) for case in found.values()]

    def _fits(self, case: TriageCase, search: CandidateQuery) -> bool:
        opened_at = case.opening.observed_at
        going_on = case.closed_at is None or self._home(case.case_id) != case.case_id
        return opened_at <= search.until and (going_on or opened_at >= search.since)

    def _as_it_stands(self, case: TriageCase) -> TriageCase:
        home = self._home(case.case_id)
        split_from = case.split_from and self._home(case.split_from)
        if home == case.case_id:
            return case._replace(split_from=split_from)
        change = self.state_changes.get(home)
        closed_at = change.closed_at if change else None
        return case._replace(case_id=home, closed_at=closed_at, split_from=split_from)

    def _home(self, case_id: str) -> str:
        while (change := self.state_changes.get(case_id)) and change.merged_into:
            case_id = change.merged_into
        return case_id

    async def followed(self, case_ids: Collection[str]) -> Mapping[str, TriageCase]:
        found = {}
        for case_id in case_ids:
            reports = [d for d in self.decisions.values() if d.case_id == case_id]
            if reports:
                first = min(reports, key=lambda d: (d.report.observed_at, d.report.request_id))
                home = self._home(case_id)
                change = self.state_changes.get(home)
                closed_at = change.closed_at if change else None
                found[case_id] = TriageCase(home, first.key, first.report, closed_at)
        return found

    async def reporters(self, case_ids: Collection[str]) -> Mapping[str, Reporters]:
        reporters = dict.fromkeys(case_ids, Reporters())
        for decided in self.decisions.values():
            home = decided.case_id and self._home(decided.case_id)
            if home in reporters:
                reporters[home] = reporters[home].with_reporter(decided.report.reporter)
        return reporters

    async def point_uses(self, spans: Sequence[PointLookup]) -> list[PointUse]:
        return [
            PointUse(point, case.key, case.opening.observed_at)
            for point, since, until in spans
            for case in self.cases.values()
            if case.opening.point == point and since <= case.opening.observed_at <= until
        ]

    async def add(self, cases: Sequence[TriageCase]) -> None:
        for case in cases:
            self.cases.setdefault(case.case_id, case)
            self._bring_up_to_date(case.case_id)

    async def record_decisions(self, decisions: Sequence[DecisionRecord]) -> None:
        for decided in decisions:
            assert decided.report.request_id not in self.decisions
            self.decisions[decided.report.request_id] = decided

        new = {decided.report.request_id for decided in decisions}
        noted = [s for s in self.splits.values() if new & {s.request_id, s.opened_by}]
        await self._carry_out(noted)

    async def record_places(self, placed: Sequence[PlacedRequest]) -> None:
        for one in placed:
            decided = self.decisions[one.request_id]
            if decided.report.point or decided.report.address:
                continue
            report = decided.report._replace(**one.place._asdict())
            self.decisions[one.request_id] = replace(decided, report=report)
            known = self.cases.get(decided.case_id or "")
            if known and known.opening.request_id == one.request_id:
                self.cases[known.case_id] = known._replace(opening=report)
            elif decided.case_id and decided.outcome != "duplicate":
                await self.add([TriageCase(decided.case_id, decided.key, report)])
