import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract.events import (
    RequestSubmitted,
)
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import (
    DAY,
    HERE,
    HOUR,
    POLICY,
    at,
    closed,
    reopened,
    split_off,
    submitted,
)
from tests.support.triage.fakes import InMemoryTriageStore
from tests.unit.triage.harness import LATER, decided


async def test_the_first_report_opens_a_case_and_the_next_joins_it() -> None:
    cases = InMemoryTriageStore()
    first, second = submitted(), submitted(location=at(north_of(HERE, 20)))

    [new] = await decided(cases, first)
    [duplicate] = await decided(cases, second)

    assert (new.outcome, new.duplicate) == ("new", None)
    assert new.case_id is not None
    assert (duplicate.outcome, duplicate.case_id) == ("duplicate", new.case_id)
    assert duplicate.duplicate is not None
    assert duplicate.duplicate.of_case == new.case_id
    assert duplicate.duplicate.of_request == first.data.request_id
    assert duplicate.duplicate.distance_m == pytest.approx(20, abs=0.1)
    assert duplicate.duplicate.hours_apart == 0
    assert duplicate.request == second.data


async def test_a_report_by_address_with_its_point_meets_one_by_point() -> None:
    by_address = at(north_of(HERE, 20), precision="address", address="1234 SE Main St")

    [new, duplicate] = await decided(
        InMemoryTriageStore(), submitted(), submitted(location=by_address)
    )

    assert (duplicate.outcome, duplicate.case_id) == ("duplicate", new.case_id)


async def test_thirty_reports_of_one_camp_in_one_batch_are_one_case() -> None:
    events = [submitted(location=at(north_of(HERE, n))) for n in range(30)]

    decisions = await decided(InMemoryTriageStore(), *events)

    assert [decision.outcome for decision in decisions] == ["new"] + ["duplicate"] * 29
    assert len({decision.case_id for decision in decisions}) == 1


async def test_a_chain_of_reports_does_not_keep_an_old_case_alive() -> None:
    cases = InMemoryTriageStore()
    events = [submitted(observed_at=NOON + n * 3 * DAY) for n in range(4)]

    decisions = await decided(cases, *events)

    assert [decision.outcome for decision in decisions] == [
        "new", "duplicate", "duplicate", "recurrence",
    ]  # fmt: skip
    again = decisions[3]
    assert again.case_id != decisions[0].case_id
    assert again.duplicate is not None
    assert again.duplicate.of_case == decisions[0].case_id
    assert [reason.code for reason in again.duplicate.reasons][-1] == "window_over"


async def test_after_a_recurrence_reports_join_the_new_case() -> None:
    cases = InMemoryTriageStore()
    _, again = await decided(cases, submitted(), submitted(observed_at=NOON + 8 * DAY))

    [joined] = await decided(cases, submitted(observed_at=NOON + 9 * DAY))

    assert (joined.outcome, joined.case_id) == ("duplicate", again.case_id)


async def test_a_report_after_a_closing_is_a_recurrence_and_one_from_before_it_is_not() -> None:
    cases = InMemoryTriageStore()
    [new] = await decided(cases, submitted())
    assert new.case_id
    closing = closed(new.case_id, at=NOON + DAY)

    before, after = await decided(
        cases,
        submitted(observed_at=NOON + 23 * HOUR),
        submitted(observed_at=NOON + 25 * HOUR),
        closing,
    )

    assert (before.outcome, before.case_id) == ("duplicate", new.case_id)
    assert after.outcome == "recurrence"
    assert after.duplicate is not None
    assert after.duplicate.of_case == new.case_id
    assert [reason.code for reason in after.duplicate.reasons][-1] == "after_closing"


async def test_a_case_that_was_taken_up_again_takes_reports_again() -> None:
    cases = InMemoryTriageStore()
    [new] = await decided(cases, submitted())
    assert new.case_id

    [joined] = await decided(
        cases,
        reopened(new.case_id, version=3),
        closed(new.case_id, at=NOON + DAY, version=2),
        submitted(observed_at=NOON + 2 * DAY),
    )

    assert (joined.outcome, joined.case_id) == ("duplicate", new.case_id)


async def test_a_request_that_was_split_off_makes_a_case_of_its_own_known() -> None:
    cases = InMemoryTriageStore()
    tents = submitted(location=at(north_of(HERE, 60)))
    first, _ = await decided(cases, submitted(), tents)
    assert first.case_id

    [joined] = await decided(
        cases,
        split_off(first.case_id, tents.data.request_id, to_case="split"),
        submitted(location=at(north_of(HERE, 61))),
    )

    assert (joined.outcome, joined.case_id) == ("duplicate", "split")


async def test_a_late_report_joins_the_case_that_a_later_one_opened() -> None:
    cases = InMemoryTriageStore()
    [new] = await decided(cases, submitted())

    [late] = await decided(cases, submitted(observed_at=NOON - 6 * DAY))

    assert (late.outcome, late.case_id) == ("duplicate", new.case_id)
    assert late.duplicate is not None
    assert late.duplicate.hours_apart == 144


async def test_a_request_is_decided_once_however_often_it_comes() -> None:
    cases = InMemoryTriageStore()
    event = submitted()
    again = RequestSubmitted.of(event.data, now=LATER)

    first = await decided(cases, event, again)
    second = await decided(cases, again)

    assert len(first) == 1
    assert second == []
    assert len(cases.decisions) == 1


async def test_nothing_of_another_group_or_city_is_the_same_problem() -> None:
    events = [submitted(), submitted(service_code="DEBRIS"), submitted(dedup_group="other")]

    assert [d.outcome for d in await decided(InMemoryTriageStore(), *events)] == ["new"] * 3


@pytest.mark.parametrize("kind", ["PERMIT", "OTHER", "CAMP-VISIT"])
async def test_a_kind_without_window_makes_a_case_of_each_report(kind: str) -> None:
    cases = InMemoryTriageStore()
    decisions = await decided(cases, *(submitted(service_code=kind) for _ in range(3)))

    assert [d.outcome for d in decisions] == ["new"] * 3
    assert len({d.case_id for d in decisions}) == 3
    assert cases.cases == {}


async def test_a_decision_names_its_rules_and_the_points_add_up() -> None:
    [decision] = await decided(
        InMemoryTriageStore(),
        submitted(description="blocking the lane", attributes={"fire": "yes"}),
    )

    assert decision.rules_version == POLICY.version
    assert sum(reason.points for reason in decision.priority.reasons) == decision.priority.score
    assert {reason.code for reason in decision.priority.reasons} >= {"lane_blocked", "fire"}


async def test_the_keys_of_all_messages_are_locked_before_anything_is_read() -> None:
    cases = InMemoryTriageStore()
    await decided(cases, submitted(), submitted(service_code="DEBRIS"), closed("unknown", at=NOON))

    assert sorted(cases.locked) == ["rivertown.gov:campsite", "rivertown.gov:debris"]


async def test_closings_of_unknown_cases_change_nothing() -> None:
    cases = InMemoryTriageStore()

    assert await decided(cases, closed("unknown", at=NOON), reopened("unknown")) == []
    assert (cases.cases, cases.decisions) == ({}, {})


@given(st.lists(st.integers(0, 200), min_size=1, max_size=12), st.integers(1, 12))
async def test_how_reports_are_cut_into_batches_decides_nothing(
    places: list[int], size: int
) -> None:
    events = [
        submitted(
            location=at(north_of(HERE, metres)),
            observed_at=NOON + n * HOUR,
            reporter_ref=[None, "ana", "ben", "cy"][metres % 4],
        )
        for n, metres in enumerate(places)
    ]
    at_once, in_parts = InMemoryTriageStore(), InMemoryTriageStore()

    together = await decided(at_once, *events)
    apart = [
        decision
        for start in range(0, len(events), size)
        for decision in await decided(in_parts, *events[start : start + size])
    ]

    assert apart == together
