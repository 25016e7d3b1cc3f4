from random import Random

import pytest

from services.triage.surges.distinct_count import (
    SKETCH_SIZE,
    add_reporter,
    distinct_count,
    pack,
    reporter_hash,
    unpack,
)


def heard(names: list[str]) -> list[int]:
    voices: list[int] = []
    for name in names:
        voices = add_reporter(voices, reporter_hash(name)) or voices
    return voices


def test_a_voice_heard_again_changes_nothing() -> None:
    once = heard(["ana", "bo"])

    assert add_reporter(once, reporter_hash("ana")) is None
    assert heard(["bo", "ana", "bo"]) == once


@pytest.mark.parametrize("people", [0, 1, 30, SKETCH_SIZE - 1])
def test_few_voices_are_counted_exactly(people: int) -> None:
    assert distinct_count([heard([str(n) for n in range(people)])]) == people


@pytest.mark.parametrize("people", [600, 2_000, 20_000])
def test_many_voices_are_estimated_in_little_room(people: int) -> None:
    voices = heard([f"p{n}" for n in range(people)])

    assert len(voices) == SKETCH_SIZE
    assert distinct_count([voices]) == pytest.approx(people, rel=0.1)


def test_the_order_in_which_voices_come_makes_no_difference() -> None:
    names = [str(n) for n in range(2 * SKETCH_SIZE)]
    shuffled = Random(1).sample(names, len(names))

    assert heard(names) == heard(shuffled)


def test_who_is_heard_in_two_places_counts_once() -> None:
    assert distinct_count([heard(["ana", "bo"]), heard(["bo", "cy"]), []]) == 3


def test_what_is_packed_comes_back() -> None:
    voices = heard(["ana", "bo", "cy"])

    assert unpack(pack(voices)) == voices
    assert unpack(b"") == []
