"""Tests that every ``TriageStore`` must pass; a test class provides the store."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.triage.handlers import TriageStore
from services.triage.records import CaseStateChange, DecisionRecord
from services.triage.rules.dedup.case_index import SearchExtent, build_query
from services.triage.rules.dedup.model import Report, TriageCase
from services.triage.rules.priority.context import (
    MAX_ANONYMOUS,
    MAX_COUNTED,
    KnownSurge,
    Reporters,
)
from shared.contract.events import new_id
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import DAY, HERE, HOUR, KEY, case, report

REACH = SearchExtent(radius_m=67, window=timedelta(days=7), by_reporter=True)

MARKS: dict[str, Any] = {
    "position_error_m": 12.5,
    "words": frozenset({"blue", "dodge"}),
    "particulars": frozenset({"plate:abc123", "direction:n"}),
    "kind_words": frozenset({"tents"}),
    "likely_kinds": frozenset({"CAMP", "VEH"}),
    "dangers": frozenset({"fire"}),
}


async def found(cases: TriageStore, searched: Report, key: str = KEY) -> list[TriageCase]:
    near = await cases.candidates([build_query(searched, key, REACH)])
    return sorted(near, key=lambda known: known.case_id)


def decided(of: Report, case_id: str | None = None) -> DecisionRecord:
    outcome = "new" if case_id else "referral"
    return DecisionRecord(KEY, of, outcome, case_id, stated="{}", score=0, emergency=None)


class CasesSuite:
    """Subclasses provide the fixture ``cases``: an empty store."""

    async def test_a_case_comes_back_as_it_was_added(self, cases: TriageStore) -> None:
        whole = case(report(address="12 oak st", reporter="ana", **MARKS), closed_at=NOON + HOUR)
        await cases.add([whole])

        assert await found(cases, report()) == [whole]

    @pytest.mark.parametrize(
        "opening",
        [
            pytest.param(report(), id="by place"),
            pytest.param(report(point=None, address="12 oak st"), id="by address"),
            pytest.param(report(point=None, reporter="ana"), id="by person"),
        ],
    )
    async def test_a_case_is_found_by_what_it_has(
        self, cases: TriageStore, opening: Report
    ) -> None:
        known = case(opening)
        await cases.add([known])
        searched = opening._replace(request_id=new_id())

        assert await found(cases, searched) == [known]
        assert await found(cases, searched, key="lakeside.gov:campsite") == []
        assert await found(cases, report(point=north_of(HERE, 500))) == []

    async def test_what_lies_anywhere_within_the_radius_is_found(self, cases: TriageStore) -> None:
        known = [case(report(point=north_of(HERE, metres))) for metres in range(-60, 61, 20)]
        await cases.add(known)

        assert set(await found(cases, report())) == set(known)

    @pytest.mark.parametrize(
        ("later_by", "is_open", "is_closed"),
        [
            pytest.param(8 * DAY, True, False, id="after the window"),
            pytest.param(7 * DAY, True, True, id="at the end of the window"),
            pytest.param(-7 * DAY, True, True, id="as early as the window goes"),
            pytest.param(-8 * DAY, False, False, id="before the window"),
        ],
    )
    async def test_an_open_case_is_found_by_all_later_reports_a_closed_one_by_those_of_its_window(
        self, cases: TriageStore, later_by: timedelta, is_open: bool, is_closed: bool
    ) -> None:
        still_open, closed = case(), case(closed_at=NOON + HOUR)
        await cases.add([still_open, closed])

        near = await found(cases, report(observed_at=NOON + later_by))

        assert (still_open in near, closed in near) == (is_open, is_closed)

    async def test_adding_a_case_again_changes_nothing(self, cases: TriageStore) -> None:
        known = case()
        await cases.add([known])
        await cases.add([known._replace(closed_at=NOON), case(report(point=None))])

        assert await found(cases, report()) == [known]

    async def test_of_two_turns_of_a_case_the_higher_version_holds_in_any_order(
        self, cases: TriageStore
    ) -> None:
        first, second = case(), case()
        await cases.add([first, second])

        await cases.record_state_changes(
            [
                CaseStateChange(first.case_id, 2, NOON + HOUR),
                CaseStateChange(second.case_id, 3, None),
            ]
        )
        await cases.record_state_changes(
            [
                CaseStateChange(first.case_id, 3, None),
                CaseStateChange(second.case_id, 2, NOON + HOUR),
            ]
        )

        assert {known.closed_at for known in await found(cases, report())} == {None}

    async def test_a_turn_closes_its_case_and_no_other(self, cases: TriageStore) -> None:
        mine, other = case(), case()
        await cases.add([mine, other])

        await cases.record_state_changes(
            [CaseStateChange(mine.case_id, 2, NOON + HOUR), CaseStateChange(new_id(), 2, NOON)]
        )

        assert set(await found(cases, report())) == {mine._replace(closed_at=NOON + HOUR), other}

    async def test_requests_are_known_as_decided_once_they_are_recorded(
        self, cases: TriageStore
    ) -> None:
        before, referred, unknown = report(), report(point=None), report()
        await cases.record_decisions([decided(before, new_id()), decided(referred)])
        ids = [one.request_id for one in (before, referred, unknown)]

        assert set(await cases.already_decided(ids)) == {before.request_id, referred.request_id}
        assert set(await cases.already_decided([])) == set()

    async def test_a_turn_holds_also_when_it_comes_before_its_case(
        self, cases: TriageStore
    ) -> None:
        closed, reopened = case(), case()
        await cases.record_state_changes(
            [
                CaseStateChange(closed.case_id, 2, NOON + HOUR),
                CaseStateChange(reopened.case_id, 3, None),
            ]
        )
        await cases.record_state_changes([CaseStateChange(reopened.case_id, 2, NOON + HOUR)])

        await cases.add([closed, reopened])
        await cases.record_state_changes([CaseStateChange(closed.case_id, 1, NOON)])

        assert set(await found(cases, report())) == {
            closed._replace(closed_at=NOON + HOUR),
            reopened,
        }

    async def test_who_reported_a_case_is_known_by_person_and_without_name(
        self, cases: TriageStore
    ) -> None:
        mine, other = new_id(), new_id()
        reporters = ("ana", "ben", "ana", None, None)
        of_mine = [decided(report(reporter=one), mine) for one in reporters]
        await cases.record_decisions(
            [*of_mine, decided(report(reporter="cy"), other), decided(report())]
        )
        unknown = new_id()

        found = await cases.reporters({mine, unknown})

        assert found == {mine: Reporters(frozenset({"ana", "ben"}), 2), unknown: Reporters()}
        assert await cases.reporters(set()) == {}

    async def test_no_more_people_are_known_than_count(self, cases: TriageStore) -> None:
        many = new_id()
        named = [decided(report(reporter=f"{n:03}"), many) for n in range(MAX_COUNTED + 5)]
        await cases.record_decisions(
            [*named, *(decided(report(), many) for _ in range(MAX_ANONYMOUS + 5))]
        )

        found = (await cases.reporters([many]))[many]

        assert (len(found.people), found.anonymous) == (MAX_COUNTED, MAX_ANONYMOUS)

    async def test_a_point_that_is_no_place_is_kept_but_nothing_is_found_there(
        self, cases: TriageStore
    ) -> None:
        nowhere = case(report(address="12 oak st", is_placed=False))
        await cases.add([nowhere])

        assert await found(cases, report()) == []
        assert await found(cases, report(point=None, address="12 oak st")) == [nowhere]

    async def test_the_uses_of_a_point_are_the_cases_at_exactly_it_within_the_time(
        self, cases: TriageStore
    ) -> None:
        at_point = [case(report(observed_at=NOON + n * DAY), key=f"town:{n}") for n in (0, 1, 9)]
        beside = case(report(point=north_of(HERE, 1)), key="town:beside")
        older = case(report(observed_at=NOON - HOUR), key="town:0")
        await cases.add([*at_point, beside, older])

        uses = await cases.point_uses(
            [(HERE, NOON - DAY, NOON + DAY), (north_of(HERE, 9), NOON, NOON)]
        )

        newest = {}
        for use in sorted(uses, key=lambda use: use.opened_at):
            newest[use.point, use.key] = use.opened_at
        assert newest == {(HERE, "town:0"): NOON, (HERE, "town:1"): NOON + DAY}
        assert list(await cases.point_uses([])) == []

    async def test_without_a_search_nothing_is_found(self, cases: TriageStore) -> None:
        await cases.add([case()])

        assert list(await cases.candidates([])) == []

    async def test_a_surge_comes_back_while_it_goes_on_and_within_its_bounds(
        self, cases: TriageStore
    ) -> None:
        going_on, over = surge(), surge(until=NOON + HOUR)
        await cases.record_surges([going_on, over])

        assert await surges_at(cases, NOON) == {going_on, over}
        assert await surges_at(cases, NOON + HOUR) == {going_on}
        assert await surges_at(cases, NOON - HOUR) == set()
        assert list(await cases.surges(["lakeside.gov:campsite"], NOON, NOON)) == []

    async def test_the_end_of_a_surge_stays_whatever_is_told_of_it_later(
        self, cases: TriageStore
    ) -> None:
        going_on = surge()
        over = replace(going_on, until=NOON + HOUR, count=40)
        await cases.record_surges([going_on])
        await cases.record_surges([over, going_on])
        await cases.record_surges([going_on])

        assert await surges_at(cases, NOON) == {over}


def surge(until: datetime | None = None) -> KnownSurge:
    return KnownSurge(new_id(), KEY, "SE", NOON, until, 12, 0.4)


async def surges_at(cases: TriageStore, moment: datetime) -> set[KnownSurge]:
    return set(await cases.surges([KEY], moment, moment))
