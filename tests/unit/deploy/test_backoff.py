from itertools import accumulate

import pytest

from deploy.local.backoff import next_pause_s


def test_pauses_double_from_a_fifth_of_a_second_to_ten_seconds() -> None:
    pauses = list(accumulate(range(7), lambda pause, _: next_pause_s(pause, 1), initial=0.2))

    assert pauses == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0])


def test_the_first_death_is_followed_by_the_shortest_pause() -> None:
    assert next_pause_s(None, 0.1) == 0.2


@pytest.mark.parametrize(("lived_s", "pause_s"), [(59.9, 10.0), (60.0, 0.2)])
def test_only_a_minute_of_life_makes_the_pauses_begin_anew(lived_s: float, pause_s: float) -> None:
    assert next_pause_s(10.0, lived_s) == pause_s
