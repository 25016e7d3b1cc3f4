from datetime import datetime
from typing import Any

import pytest

from shared.contract.events import (
    Event,
    RequestSubmitted,
)
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import (
    DAY,
    HERE,
    HOUR,
    at,
    closed,
    reopened,
    split_off,
    submitted,
)
from tests.support.triage.fakes import InMemoryTriageStore
from tests.unit.triage.harness import decided


def near(metres: float, **changes: Any) -> RequestSubmitted:
    return submitted(location=at(north_of(HERE, metres)), **changes)


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(
    ("metres", "case"),
    [
        pytest.param(5, "first", id="near the case"),
        pytest.param(55, "split", id="near what was split from it"),
    ],
)
async def test_a_later_report_goes_to_the_side_of_a_split_on_which_it_lies(
    in_one_batch: bool, metres: float, case: str
) -> None:
    cases = InMemoryTriageStore()
    tents = near(60)
    first, _ = await decided(cases, submitted(), tents)
    assert first.case_id
    split = split_off(first.case_id, tents.data.request_id, to_case="split")
    if not in_one_batch:
        await decided(cases, split)

    [later] = await decided(cases, near(metres), *([split] if in_one_batch else []))

    assert later.outcome == "duplicate"
    assert later.case_id == (first.case_id if case == "first" else "split")
    assert [one.code for one in later.rejected] == ["split_by_operator"]


async def test_what_was_split_by_an_operator_stays_apart_when_all_is_read_again() -> None:
    cases, again = InMemoryTriageStore(), InMemoryTriageStore()
    opener, tents = submitted(), near(60)
    first, _ = await decided(cases, opener, tents)
    assert first.case_id
    split = split_off(first.case_id, tents.data.request_id, to_case="split")
    ended = closed("split", at=NOON + DAY)
    await decided(cases, split)
    await decided(cases, ended)

    await decided(again, ended)
    await decided(again, split)
    await decided(again, tents, opener)

    assert again.decisions[tents.data.request_id].case_id == "split"
    in_order = InMemoryTriageStore()
    for event in (opener, tents, split, ended):
        await decided(in_order, event)
    assert in_order.cases == cases.cases
    assert in_order.decisions == cases.decisions
    assert (again.state_changes, again.splits) == (cases.state_changes, cases.splits)
    assert again.cases["split"] == cases.cases["split"]


async def test_a_report_near_a_merged_case_joins_the_one_that_has_its_requests() -> None:
    cases = InMemoryTriageStore()
    kept, gone = await decided(cases, submitted(), near(500))
    assert gone.case_id
    assert kept.case_id
    await decided(cases, closed(gone.case_id, at=NOON, merged_into=kept.case_id))

    [later] = await decided(cases, near(501, observed_at=NOON + HOUR))

    assert (later.outcome, later.case_id) == ("duplicate", kept.case_id)
    assert later.duplicate is not None
    assert later.duplicate.of_request == gone.request_id


async def test_a_report_near_a_merged_case_recurs_once_the_other_one_ended() -> None:
    cases = InMemoryTriageStore()
    kept, gone = await decided(cases, submitted(), near(500))
    assert gone.case_id
    assert kept.case_id
    merged = closed(gone.case_id, at=NOON, merged_into=kept.case_id)
    await decided(cases, closed(kept.case_id, at=NOON + HOUR), merged)

    [later] = await decided(cases, near(501, observed_at=NOON + DAY))

    assert later.outcome == "recurrence"
    assert later.duplicate is not None
    assert later.duplicate.of_case == kept.case_id


@pytest.mark.parametrize(
    ("changes", "observed_at", "outcome"),
    [
        pytest.param(["closed 2"], NOON + DAY, "recurrence", id="closed"),
        pytest.param(["closed 2"], NOON - DAY, "duplicate", id="closed after the report"),
        pytest.param(["closed 2", "reopened 3"], NOON + DAY, "duplicate", id="reopened"),
        pytest.param(["reopened 3", "closed 2"], NOON + DAY, "duplicate", id="reopened first"),
        pytest.param(["closed 2", "closed 2"], NOON + DAY, "recurrence", id="closed twice"),
        pytest.param(
            ["closed 4", "reopened 3", "closed 2"], NOON + DAY, "recurrence", id="all backwards"
        ),
    ],
)
@pytest.mark.parametrize("together", [True, False])
async def test_what_became_of_a_case_is_judged_by_version_and_event_time_in_any_order(
    changes: list[str], observed_at: datetime, outcome: str, together: bool
) -> None:
    cases = InMemoryTriageStore()
    [new] = await decided(cases, submitted())
    assert new.case_id
    events = [_state_change(new.case_id, change) for change in changes]
    if not together:
        for event in events:
            await decided(cases, event)

    [later] = await decided(
        cases, submitted(observed_at=observed_at), *(events if together else ())
    )

    assert later.outcome == outcome


def _state_change(case_id: str, change: str) -> Event:
    kind, _, version = change.partition(" ")
    if kind == "reopened":
        return reopened(case_id, version=int(version))
    return closed(case_id, at=NOON + HOUR, version=int(version))


async def test_a_closing_that_comes_after_a_later_report_changes_nothing_for_that_report() -> None:
    cases = InMemoryTriageStore()
    [new] = await decided(cases, submitted())
    [joined] = await decided(cases, submitted(observed_at=NOON + 2 * DAY))
    assert new.case_id
    await decided(cases, closed(new.case_id, at=NOON + DAY))

    before, after = await decided(
        cases, submitted(observed_at=NOON + HOUR), submitted(observed_at=NOON + 3 * DAY)
    )

    assert (joined.outcome, joined.case_id) == ("duplicate", new.case_id)
    assert (before.outcome, before.case_id) == ("duplicate", new.case_id)
    assert after.outcome == "recurrence"


async def test_a_split_before_the_closing_of_its_case_leaves_the_other_open() -> None:
    cases = InMemoryTriageStore()
    tents = near(60)
    first, _ = await decided(cases, submitted(), tents)
    assert first.case_id
    await decided(cases, closed(first.case_id, at=NOON + HOUR, version=3))
    await decided(cases, split_off(first.case_id, tents.data.request_id, to_case="split"))

    here, there = await decided(
        cases,
        submitted(observed_at=NOON + DAY),
        near(60, observed_at=NOON + DAY),
    )

    assert here.outcome == "recurrence"
    assert (there.outcome, there.case_id) == ("duplicate", "split")
