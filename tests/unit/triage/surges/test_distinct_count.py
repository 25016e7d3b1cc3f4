from random import Random

import pytest

from services.triage.surges.detection import (
    SKETCH_SIZE,
    add_reporter,
    distinct_count,
    pack,
    reporter_hash,
    unpack,
)


def sketch_of(names: list[str]) -> list[int]:
    sketch: list[int] = []
    for name in names:
        sketch = add_reporter(sketch, reporter_hash(name)) or sketch
    return sketch


def test_a_voice_heard_again_changes_nothing() -> None:
    once = sketch_of(["ana", "bo"])

    assert add_reporter(once, reporter_hash("ana")) is None
    assert sketch_of(["bo", "ana", "bo"]) == once


@pytest.mark.parametrize("people", [0, 1, 30, SKETCH_SIZE - 1])
def test_few_voices_are_counted_exactly(people: int) -> None:
    assert distinct_count([sketch_of([str(n) for n in range(people)])]) == people


@pytest.mark.parametrize("people", [600, 2_000, 20_000])
def test_many_voices_are_estimated_in_little_room(people: int) -> None:
    sketch = sketch_of([f"p{n}" for n in range(people)])

    assert len(sketch) == SKETCH_SIZE
    assert distinct_count([sketch]) == pytest.approx(people, rel=0.1)


def test_the_order_in_which_voices_come_makes_no_difference() -> None:
    names = [str(n) for n in range(2 * SKETCH_SIZE)]
    shuffled = Random(1).sample(names, len(names))

    assert sketch_of(names) == sketch_of(shuffled)


def test_who_is_heard_in_two_places_counts_once() -> None:
    assert distinct_count([sketch_of(["ana", "bo"]), sketch_of(["bo", "cy"]), []]) == 3


def test_what_is_packed_comes_back() -> None:
    sketch = sketch_of(["ana", "bo", "cy"])

    assert unpack(pack(sketch)) == sketch
    assert unpack(b"") == []
