"""Triage's tables in memory, as its handler needs them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from services.triage.ledger import Decided, Turn
from services.triage.placing import Spot
from services.triage.rules.dedup.comparison import Case
from services.triage.rules.dedup.known_cases import KnownCases, Search
from services.triage.rules.dedup.stand_ins import Use
from services.triage.rules.priority.reporters import Reporters
from services.triage.rules.priority.surge import KnownSurge


class InMemoryCases:
    """The known cases and the decisions made; what it was asked to lock is noted."""

    def __init__(self, *cases: Case) -> None:
        self.cases = {case.case_id: case for case in cases}
        self.decisions: dict[str, Decided] = {}
        self.locked: list[str] = []
        self._versions: dict[str, int] = {}
        self._surges: dict[str, KnownSurge] = {}

    async def lock(self, keys: Collection[str]) -> None:
        self.locked += keys

    async def decided(self, request_ids: Collection[str]) -> set[str]:
        return self.decisions.keys() & set(request_ids)

    async def turn(self, turns: Sequence[Turn]) -> None:
        for turn in turns:
            known = self.cases.get(turn.case_id)
            if known and turn.version > self._versions.get(turn.case_id, 0):
                self._versions[turn.case_id] = turn.version
                self.cases[turn.case_id] = Case(
                    known.case_id, known.key, known.opening, turn.closed_at
                )

    async def split(self, to_case: Mapping[str, str]) -> None:
        for request_id, case_id in to_case.items():
            if decided := self.decisions.get(request_id):
                self.decisions[request_id] = Decided(
                    decided.key, decided.report, decided.outcome, case_id
                )
                await self.add([Case(case_id, decided.key, decided.report)])

    async def note_surges(self, surges: Sequence[KnownSurge]) -> None:
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

    async def near(self, searches: Sequence[Search]) -> Iterable[Case]:
        known = KnownCases()
        for case in self.cases.values():
            known.add(case)
        found = [case for search in searches for case in known.near(search) if _fits(case, search)]
        return {case.case_id: case for case in found}.values()

    async def reporters(self, case_ids: Collection[str]) -> Mapping[str, Reporters]:
        reporters = dict.fromkeys(case_ids, Reporters())
        for decided in self.decisions.values():
            if decided.case_id in reporters:
                before = reporters[decided.case_id]
                reporters[decided.case_id] = before.joined_by(decided.report.reporter)
        return reporters

    async def uses(self, spots: Sequence[Spot]) -> list[Use]:
        return [
            Use(point, case.key, case.opening.observed_at)
            for point, since, until in spots
            for case in self.cases.values()
            if case.opening.point == point and since <= case.opening.observed_at <= until
        ]

    async def add(self, cases: Sequence[Case]) -> None:
        for case in cases:
            self.cases.setdefault(case.case_id, case)

    async def record(self, decisions: Sequence[Decided]) -> None:
        for decided in decisions:
            assert decided.report.request_id not in self.decisions
            self.decisions[decided.report.request_id] = decided


def _fits(case: Case, search: Search) -> bool:
    opened_at = case.opening.observed_at
    return opened_at <= search.until and (case.closed_at is None or opened_at >= search.since)
