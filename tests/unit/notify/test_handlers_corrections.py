import random

from shared.contract.events import new_id
from tests.support.builders import contact_given
from tests.support.notify.factories import (
    attached,
    closed,
    moved,
    opened,
    split,
    triaged,
)
from tests.support.notify.fakes import InMemoryNotify
from tests.unit.notify.handling import ANA, BEA, due, handle


async def test_who_was_split_off_hears_no_more_of_the_old_case() -> None:
    r1, r2, case, other = (new_id() for _ in range(4))
    store = InMemoryNotify()

    await handle(
        store,
        [contact_given(r1, email=ANA), triaged(r1, case), opened(r1, case)],
        [contact_given(r2, email=BEA), triaged(r2, case), attached(r2, case, 2)],
        [split(r2, case, 3), opened(r2, other), closed(case, 4), moved(other, 2, "in_progress")],
    )

    assert [(who, template) for who, template, _, _ in due(store)] == [
        (ANA, "completed"),
        (ANA, "received"),
        (BEA, "attached"),
        (BEA, "in_progress"),
        (BEA, "received"),
    ]


async def test_after_a_split_each_reporter_hears_of_their_own_case_alone() -> None:
    r1, r2, first, second = (new_id() for _ in range(4))
    store = InMemoryNotify()
    await handle(
        store,
        [contact_given(r1, email=ANA), triaged(r1, first), opened(r1, first)],
        [contact_given(r2, email=BEA), triaged(r2, first), attached(r2, first, version=2)],
        [split(r2, first, version=3), opened(r2, second, moved_from=first, moves=1)],
        [closed(first, 4), moved(second, 2, "in_progress")],
    )

    assert due(store) == [
        (ANA, "completed", 4, "en"),
        (ANA, "received", 1, "en"),
        (BEA, "attached", 2, "en"),
        (BEA, "in_progress", 2, "en"),
    ]


async def test_after_a_merge_all_hear_of_the_case_that_goes_on_each_person_once() -> None:
    r1, r2, r3, target, merged = (new_id() for _ in range(5))
    events = [
        *(contact_given(r1, email=ANA), triaged(r1, target), opened(r1, target)),
        *(contact_given(r2, email=BEA), triaged(r2, merged), opened(r2, merged)),
        *(contact_given(r3, email=ANA), triaged(r3, merged), attached(r3, merged, version=2)),
        attached(r2, target, version=2, moved_from=merged, moves=1),
        attached(r3, target, version=3, moved_from=merged, moves=1),
        closed(merged, 3, "referred", reason="merged", merged_into=target),
        moved(target, 4, "in_progress"),
    ]
    shuffled = random.Random(311).sample(events, len(events))

    for order in (events, events[::-1], shuffled):
        store = InMemoryNotify()
        await handle(store, *([event] for event in order))

        assert due(store) == [
            (ANA, "attached", 2, "en"),
            (ANA, "in_progress", 4, "en"),
            (ANA, "received", 1, "en"),
            (BEA, "in_progress", 4, "en"),
            (BEA, "received", 1, "en"),
        ]


async def test_who_was_told_that_it_is_done_and_is_split_off_hears_that_it_goes_on() -> None:
    r1, r2, first, second = (new_id() for _ in range(4))
    store = InMemoryNotify()
    await handle(
        store,
        [contact_given(r1, email=ANA), triaged(r1, first), opened(r1, first)],
        [contact_given(r2, email=BEA), triaged(r2, first), attached(r2, first, version=2)],
        [closed(first, 3)],
        [split(r2, first, version=4, status="completed"), opened(r2, second, moved_from=first)],
    )

    assert [row for row in due(store) if row[1] == "reopened"] == [(BEA, "reopened", 4, "en")]
