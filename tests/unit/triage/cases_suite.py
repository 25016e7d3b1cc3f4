"""What every store of triage's cases must do; a test class brings the store."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.triage.handlers import Cases
from services.triage.ledger import Decided, Split, Turn
from services.triage.rulebook import Reach, search_for
from services.triage.rules.dedup.comparison import Case, Report
from services.triage.rules.priority.reporters import MOST_COUNTED, MOST_NAMELESS, Reporters
from services.triage.rules.priority.surge import KnownSurge
from shared.events import new_id
from tests.builders import NOON, north_of
from tests.unit.triage.makers import DAY, HERE, HOUR, KEY, case, report

REACH = Reach(radius_m=67, window=timedelta(days=7), personal=True)

MARKS: dict[str, Any] = {
    "off_m": 12.5,
    "words": frozenset({"blue", "dodge"}),
    "asset": "plate:abc123",
}


async def found(cases: Cases, searched: Report, key: str = KEY) -> list[Case]:
    near = await cases.near([search_for(searched, key, REACH)])
    return sorted(near, key=lambda known: known.case_id)


def decided(of: Report, case_id: str | None = None) -> Decided:
    return Decided(KEY, of, "new" if case_id else "referral", case_id)


def split(of: Report, **changes: Any) -> Split:
    fields: dict[str, Any] = {
        "request_id": of.request_id,
        "from_case": new_id(),
        "to_case": new_id(),
        "version": 3,
    }
    return Split(**(fields | changes))


def made_by(left: Split, of: Report) -> Case:
    """The case that the request of a split has of its own."""
    return Case(left.to_case, KEY, of, split_from=left.from_case)


class CasesSuite:
    """Subclasses give a fixture ``cases``: an empty store."""

    async def test_a_case_comes_back_as_it_was_added(self, cases: Cases) -> None:
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
    async def test_a_case_is_found_by_what_it_has(self, cases: Cases, opening: Report) -> None:
        known = case(opening)
        await cases.add([known])
        searched = replace(opening, request_id=new_id())

        assert await found(cases, searched) == [known]
        assert await found(cases, searched, key="lakeside.gov:campsite") == []
        assert await found(cases, report(point=north_of(HERE, 500))) == []

    async def test_what_lies_anywhere_within_the_radius_is_found(self, cases: Cases) -> None:
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
        self, cases: Cases, later_by: timedelta, is_open: bool, is_closed: bool
    ) -> None:
        still_open, closed = case(), case(closed_at=NOON + HOUR)
        await cases.add([still_open, closed])

        near = await found(cases, report(observed_at=NOON + later_by))

        assert (still_open in near, closed in near) == (is_open, is_closed)

    async def test_adding_a_case_again_changes_nothing(self, cases: Cases) -> None:
        known = case()
        await cases.add([known])
        await cases.add([replace(known, closed_at=NOON), case(report(point=None))])

        assert await found(cases, report()) == [known]

    async def test_of_two_turns_of_a_case_the_higher_version_holds_in_any_order(
        self, cases: Cases
    ) -> None:
        first, second = case(), case()
        await cases.add([first, second])

        await cases.turn([Turn(first.case_id, 2, NOON + HOUR), Turn(second.case_id, 3, None)])
        await cases.turn([Turn(first.case_id, 3, None), Turn(second.case_id, 2, NOON + HOUR)])

        assert {known.closed_at for known in await found(cases, report())} == {None}

    async def test_a_turn_closes_its_case_and_no_other(self, cases: Cases) -> None:
        mine, other = case(), case()
        await cases.add([mine, other])

        await cases.turn([Turn(mine.case_id, 2, NOON + HOUR), Turn(new_id(), 2, NOON)])

        assert set(await found(cases, report())) == {replace(mine, closed_at=NOON + HOUR), other}

    async def test_requests_are_known_as_decided_once_they_are_recorded(self, cases: Cases) -> None:
        before, referred, unknown = report(), report(point=None), report()
        await cases.record([decided(before, new_id()), decided(referred)])
        ids = [one.request_id for one in (before, referred, unknown)]

        assert set(await cases.decided(ids)) == {before.request_id, referred.request_id}
        assert set(await cases.decided([])) == set()

    async def test_a_turn_holds_also_when_it_comes_before_its_case(self, cases: Cases) -> None:
        closed, reopened = case(), case()
        await cases.turn([Turn(closed.case_id, 2, NOON + HOUR), Turn(reopened.case_id, 3, None)])
        await cases.turn([Turn(reopened.case_id, 2, NOON + HOUR)])

        await cases.add([closed, reopened])
        await cases.turn([Turn(closed.case_id, 1, NOON)])

        assert set(await found(cases, report())) == {
            replace(closed, closed_at=NOON + HOUR),
            reopened,
        }

    async def test_a_split_makes_a_case_where_each_request_was(self, cases: Cases) -> None:
        tents, trash, stays = (
            report(address="12 oak st", reporter="ana", **MARKS),
            report(),
            report(),
        )
        await cases.record([decided(of, new_id()) for of in (stays, tents, trash)])
        first, second = split(tents), split(trash)

        await cases.split([split(report()), first, second])

        assert set(await found(cases, report())) == {made_by(first, tents), made_by(second, trash)}

    async def test_a_split_is_remembered_until_its_request_is_decided(self, cases: Cases) -> None:
        tents = report()
        early = split(tents)
        await cases.split([early])
        assert await found(cases, report()) == []

        await cases.record([decided(tents, early.from_case), decided(report(), new_id())])

        assert await found(cases, report()) == [made_by(early, tents)]

    async def test_the_case_of_a_split_may_have_ended_before_it_is_known(
        self, cases: Cases
    ) -> None:
        tents = report()
        left = split(tents)
        await cases.turn([Turn(left.to_case, 2, NOON + HOUR)])
        await cases.record([decided(tents, left.from_case)])

        await cases.split([left])

        assert await found(cases, report()) == [
            replace(made_by(left, tents), closed_at=NOON + HOUR)
        ]

    @pytest.mark.parametrize("early", [True, False])
    async def test_a_case_whose_opener_was_split_off_is_found_where_the_other_was(
        self, cases: Cases, early: bool
    ) -> None:
        opener, stays = report(), report(point=north_of(HERE, 500), reporter="ana")
        left = case(opener)
        gone = split(opener, from_case=left.case_id, opened_by=stays.request_id)
        older = split(stays, from_case=left.case_id, opened_by=opener.request_id, version=2)

        async def decide() -> None:
            await cases.add([left])
            for of in (opener, stays):
                await cases.record([decided(of, left.case_id)])

        if not early:
            await decide()
        await cases.split([replace(gone, version=3)])
        if early:
            await decide()
        await cases.split([older])

        near = await found(cases, report(point=north_of(HERE, 501)))
        assert replace(left, opening=stays) in near
        assert [one.case_id for one in await found(cases, report())] == [gone.to_case]

    @pytest.mark.parametrize("late", [True, False])
    async def test_a_merged_case_is_found_where_it_was_and_leads_to_the_other(
        self, cases: Cases, late: bool
    ) -> None:
        first, second, last = case(), case(), case(report(point=north_of(HERE, 5_000)))
        turns = [
            Turn(first.case_id, 2, NOON, second.case_id),
            Turn(second.case_id, 3, NOON, last.case_id),
        ]
        if late:
            await cases.turn(turns)
        await cases.add([first, second, last])
        if not late:
            await cases.turn(turns)

        leads = {replace(one, case_id=last.case_id) for one in (first, second)}
        assert set(await found(cases, report(observed_at=NOON + 8 * DAY))) == leads

        await cases.turn([Turn(last.case_id, 9, NOON + HOUR)])
        closed = {replace(one, closed_at=NOON + HOUR) for one in leads}
        assert set(await found(cases, report())) == closed

    async def test_a_split_case_is_apart_from_what_the_other_was_merged_into(
        self, cases: Cases
    ) -> None:
        tents, into = report(), new_id()
        left = split(tents)
        await cases.record([decided(tents, left.from_case)])
        await cases.split([left])
        await cases.turn([Turn(left.from_case, 5, NOON, into)])

        assert await found(cases, report()) == [replace(made_by(left, tents), split_from=into)]

    async def test_who_reported_a_case_is_known_by_person_and_without_name(
        self, cases: Cases
    ) -> None:
        mine, other = new_id(), new_id()
        reporters = ("ana", "ben", "ana", None, None)
        of_mine = [decided(report(reporter=one), mine) for one in reporters]
        await cases.record([*of_mine, decided(report(reporter="cy"), other), decided(report())])
        unknown = new_id()

        found = await cases.reporters({mine, unknown})

        assert found == {mine: Reporters(frozenset({"ana", "ben"}), 2), unknown: Reporters()}
        assert await cases.reporters(set()) == {}

    async def test_no_more_people_are_known_than_count(self, cases: Cases) -> None:
        many = new_id()
        named = [decided(report(reporter=f"{n:03}"), many) for n in range(MOST_COUNTED + 5)]
        await cases.record([*named, *(decided(report(), many) for _ in range(MOST_NAMELESS + 5))])

        found = (await cases.reporters([many]))[many]

        assert (len(found.people), found.nameless) == (MOST_COUNTED, MOST_NAMELESS)

    async def test_who_was_split_off_is_a_reporter_of_the_new_case_alone(
        self, cases: Cases
    ) -> None:
        before, after, moved = new_id(), new_id(), report(reporter="ben")
        await cases.record([decided(report(reporter="ana"), before), decided(moved, before)])

        await cases.split([split(moved, from_case=before, to_case=after)])

        assert await cases.reporters([before, after]) == {
            before: Reporters(frozenset({"ana"})),
            after: Reporters(frozenset({"ben"})),
        }

    async def test_who_reported_what_was_merged_into_a_case_reported_the_case(
        self, cases: Cases
    ) -> None:
        first, second, last = new_id(), new_id(), new_id()
        of_each = ((first, "ana"), (first, None), (second, "ben"), (last, "ana"), (last, None))
        await cases.record([decided(report(reporter=who), one) for one, who in of_each])
        await cases.turn([Turn(first, 2, NOON, second), Turn(second, 3, NOON, last)])

        assert await cases.reporters([last]) == {last: Reporters(frozenset({"ana", "ben"}), 2)}

    async def test_a_point_that_is_no_place_is_kept_but_nothing_is_found_there(
        self, cases: Cases
    ) -> None:
        nowhere = case(report(address="12 oak st", is_placed=False))
        await cases.add([nowhere])

        assert await found(cases, report()) == []
        assert await found(cases, report(point=None, address="12 oak st")) == [nowhere]

    async def test_the_uses_of_a_point_are_the_cases_at_exactly_it_within_the_time(
        self, cases: Cases
    ) -> None:
        at_point = [case(report(observed_at=NOON + n * DAY), key=f"town:{n}") for n in (0, 1, 9)]
        beside = case(report(point=north_of(HERE, 1)), key="town:beside")
        older = case(report(observed_at=NOON - HOUR), key="town:0")
        await cases.add([*at_point, beside, older])

        uses = await cases.uses([(HERE, NOON - DAY, NOON + DAY), (north_of(HERE, 9), NOON, NOON)])

        newest = {}
        for use in sorted(uses, key=lambda use: use.opened_at):
            newest[use.point, use.key] = use.opened_at
        assert newest == {(HERE, "town:0"): NOON, (HERE, "town:1"): NOON + DAY}
        assert list(await cases.uses([])) == []

    async def test_without_a_search_nothing_is_found(self, cases: Cases) -> None:
        await cases.add([case()])

        assert list(await cases.near([])) == []

    async def test_a_surge_comes_back_while_it_goes_on_and_within_its_bounds(
        self, cases: Cases
    ) -> None:
        going_on, over = surge(), surge(until=NOON + HOUR)
        await cases.note_surges([going_on, over])

        assert await surges_at(cases, NOON) == {going_on, over}
        assert await surges_at(cases, NOON + HOUR) == {going_on}
        assert await surges_at(cases, NOON - HOUR) == set()
        assert list(await cases.surges(["lakeside.gov:campsite"], NOON, NOON)) == []

    async def test_the_end_of_a_surge_stays_whatever_is_told_of_it_later(
        self, cases: Cases
    ) -> None:
        going_on = surge()
        over = replace(going_on, until=NOON + HOUR, count=40)
        await cases.note_surges([going_on])
        await cases.note_surges([over, going_on])
        await cases.note_surges([going_on])

        assert await surges_at(cases, NOON) == {over}


def surge(until: datetime | None = None) -> KnownSurge:
    return KnownSurge(new_id(), KEY, "SE", NOON, until, 12, 0.4)


async def surges_at(cases: Cases, moment: datetime) -> set[KnownSurge]:
    return set(await cases.surges([KEY], moment, moment))
