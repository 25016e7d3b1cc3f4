"""Tests of operators' corrections that every ``TriageStore`` must pass."""

from dataclasses import replace
from typing import Any

import pytest

from services.triage.handlers import TriageStore
from services.triage.records import (
    CaseStateChange,
    CorrectedCase,
    PlacedRequest,
    SplitRecord,
)
from services.triage.rules.dedup.model import Report, ReportPlace, TriageCase
from services.triage.rules.priority.context import Reporters
from shared.contract.events import new_id
from tests.support.builders import NOON, north_of
from tests.support.triage.cases_suite import MARKS, decided, found
from tests.support.triage.factories import DAY, HERE, HOUR, KEY, case, report


def split(of: Report, **changes: Any) -> SplitRecord:
    fields: dict[str, Any] = {
        "request_id": of.request_id,
        "from_case": new_id(),
        "to_case": new_id(),
        "version": 3,
    }
    return SplitRecord(**(fields | changes))


def made_by(left: SplitRecord, of: Report) -> TriageCase:
    """Return the case that a split opens."""
    return TriageCase(left.to_case, KEY, of, split_from=left.from_case)


class CorrectionsSuite:
    """Splits, merges, and the reporters afterwards."""

    async def test_a_split_makes_a_case_where_each_request_was(self, cases: TriageStore) -> None:
        tents, trash, stays = (
            report(address="12 oak st", reporter="ana", **MARKS),
            report(),
            report(),
        )
        await cases.record_decisions([decided(of, new_id()) for of in (stays, tents, trash)])
        first, second = split(tents), split(trash)

        await cases.record_splits([split(report()), first, second])

        assert set(await found(cases, report())) == {made_by(first, tents), made_by(second, trash)}

    async def test_a_split_is_remembered_until_its_request_is_decided(
        self, cases: TriageStore
    ) -> None:
        tents = report()
        early = split(tents)
        await cases.record_splits([early])
        assert await found(cases, report()) == []

        await cases.record_decisions([decided(tents, early.from_case), decided(report(), new_id())])

        assert await found(cases, report()) == [made_by(early, tents)]

    async def test_the_case_of_a_split_may_have_ended_before_it_is_known(
        self, cases: TriageStore
    ) -> None:
        tents = report()
        left = split(tents)
        await cases.record_state_changes([CaseStateChange(left.to_case, 2, NOON + HOUR)])
        await cases.record_decisions([decided(tents, left.from_case)])

        await cases.record_splits([left])

        assert await found(cases, report()) == [
            made_by(left, tents)._replace(closed_at=NOON + HOUR)
        ]

    @pytest.mark.parametrize("early", [True, False])
    async def test_a_case_whose_opener_was_split_off_is_found_where_the_other_was(
        self, cases: TriageStore, early: bool
    ) -> None:
        opener, stays = report(), report(point=north_of(HERE, 500), reporter="ana")
        left = case(opener)
        gone = split(opener, from_case=left.case_id, opened_by=stays.request_id)
        older = split(stays, from_case=left.case_id, opened_by=opener.request_id, version=2)

        async def decide() -> None:
            await cases.add([left])
            for of in (opener, stays):
                await cases.record_decisions([decided(of, left.case_id)])

        if not early:
            await decide()
        await cases.record_splits([replace(gone, version=3)])
        if early:
            await decide()
        await cases.record_splits([older])

        near = await found(cases, report(point=north_of(HERE, 501)))
        assert left._replace(opening=stays) in near
        assert [one.case_id for one in await found(cases, report())] == [gone.to_case]

    @pytest.mark.parametrize("late", [True, False])
    async def test_a_merged_case_is_found_where_it_was_and_leads_to_the_other(
        self, cases: TriageStore, late: bool
    ) -> None:
        first, second, last = case(), case(), case(report(point=north_of(HERE, 5_000)))
        changes = [
            CaseStateChange(first.case_id, 2, NOON, second.case_id),
            CaseStateChange(second.case_id, 3, NOON, last.case_id),
        ]
        if late:
            await cases.record_state_changes(changes)
        await cases.add([first, second, last])
        if not late:
            await cases.record_state_changes(changes)

        leads = {one._replace(case_id=last.case_id) for one in (first, second)}
        assert set(await found(cases, report(observed_at=NOON + 8 * DAY))) == leads

        await cases.record_state_changes([CaseStateChange(last.case_id, 9, NOON + HOUR)])
        closed = {one._replace(closed_at=NOON + HOUR) for one in leads}
        assert set(await found(cases, report())) == closed

    async def test_a_split_case_is_apart_from_what_the_other_was_merged_into(
        self, cases: TriageStore
    ) -> None:
        tents, into = report(), new_id()
        left = split(tents)
        await cases.record_decisions([decided(tents, left.from_case)])
        await cases.record_splits([left])
        await cases.record_state_changes([CaseStateChange(left.from_case, 5, NOON, into)])

        assert await found(cases, report()) == [made_by(left, tents)._replace(split_from=into)]

    async def test_who_was_split_off_is_a_reporter_of_the_new_case_alone(
        self, cases: TriageStore
    ) -> None:
        before, after, moved = new_id(), new_id(), report(reporter="ben")
        await cases.record_decisions(
            [decided(report(reporter="ana"), before), decided(moved, before)]
        )

        await cases.record_splits([split(moved, from_case=before, to_case=after)])

        assert await cases.reporters([before, after]) == {
            before: Reporters(frozenset({"ana"})),
            after: Reporters(frozenset({"ben"})),
        }

    async def test_who_reported_what_was_merged_into_a_case_reported_the_case(
        self, cases: TriageStore
    ) -> None:
        first, second, last = new_id(), new_id(), new_id()
        of_each = ((first, "ana"), (first, None), (second, "ben"), (last, "ana"), (last, None))
        await cases.record_decisions([decided(report(reporter=who), one) for one, who in of_each])
        await cases.record_state_changes(
            [CaseStateChange(first, 2, NOON, second), CaseStateChange(second, 3, NOON, last)]
        )

        assert await cases.reporters([last]) == {last: Reporters(frozenset({"ana", "ben"}), 2)}

    async def test_a_stated_place_is_that_of_the_request_and_of_the_case_that_it_opened(
        self, cases: TriageStore
    ) -> None:
        tents, joined = report(point=None, **MARKS), report(point=None)
        opened, other = new_id(), new_id()
        await cases.record_decisions(
            [decided(tents, opened), replace(decided(joined, other), outcome="duplicate")]
        )
        change = CaseStateChange(opened, 2, NOON + DAY)
        await cases.record_state_changes([change])
        place = ReportPlace(HERE, "12 oak st", 7.0)
        placed = tents._replace(point=HERE, address="12 oak st", position_error_m=7.0)
        away = ReportPlace(north_of(HERE, 5_000), None, 0.0)

        await cases.record_places([PlacedRequest(one.request_id, place) for one in (tents, joined)])
        await cases.record_places([PlacedRequest(tents.request_id, away)])

        assert await found(cases, report()) == [TriageCase(opened, KEY, placed, NOON + DAY)]
        await cases.record_splits([split(joined, from_case=other)])
        assert {one.opening.point for one in await found(cases, report())} == {HERE}
        assert len(await found(cases, report())) == 2

    async def test_a_stored_case_without_a_place_gets_the_one_that_is_told(
        self, cases: TriageStore
    ) -> None:
        tents, other = report(point=None), report(point=None)
        left = split(tents)
        await cases.record_decisions([decided(tents, left.from_case), decided(other, new_id())])
        await cases.record_splits([left])
        place = ReportPlace(HERE, None, 0.0)

        await cases.record_places([PlacedRequest(tents.request_id, place)])

        assert await found(cases, report()) == [made_by(left, tents._replace(point=HERE))]

    async def test_a_case_is_found_by_the_kind_and_place_that_an_operator_gave_it(
        self, cases: TriageStore
    ) -> None:
        """A case that no report could match is found from then on; the last version counts."""
        case_id, first, other = new_id(), report(address="12 oak st"), report()
        await cases.record_decisions([decided(first, case_id), decided(other, case_id)])
        here = ReportPlace(HERE, None, 5.0)
        away = ReportPlace(north_of(HERE, 5_000), None, 5.0)
        of = CorrectedCase(case_id, 3, first.request_id, KEY, "TRASH", here)

        await cases.record_corrections([of])
        [case] = await found(cases, report())
        assert (case.case_id, case.opening.kind, case.opening.point) == (case_id, "TRASH", HERE)

        await cases.record_corrections([replace(of, version=5, place=away)])
        await cases.record_corrections([replace(of, version=4)])
        assert await found(cases, report()) == []
        await cases.record_corrections([replace(of, version=6, key="rivertown.gov:other")])
        assert await found(cases, report()) == []
