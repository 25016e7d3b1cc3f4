import pytest

from services.intake.http.admission import FEWEST_AT_ONCE, LONGEST_BATCH_S, MOST_AT_ONCE, Pace


def after(*batches: tuple[int, float], at_first: int = 200) -> Pace:
    pace = Pace(at_first)
    for answered, took_s in batches:
        pace.note(answered, took_s)
    return pace


def test_a_full_batch_in_time_makes_the_next_one_larger() -> None:
    assert after((200, LONGEST_BATCH_S)).most_at_once == 220


def test_a_batch_with_room_left_changes_nothing() -> None:
    assert after((199, 0.01)).most_at_once == 200


@pytest.mark.parametrize(
    ("took_s", "most"), [(LONGEST_BATCH_S * 1.25, 320), (LONGEST_BATCH_S * 10, 280)]
)
def test_a_slow_batch_makes_the_next_one_smaller_in_measure(took_s: float, most: int) -> None:
    assert after((10, took_s), at_first=400).most_at_once == most


@pytest.mark.parametrize(("took_s", "most"), [(0.8, FEWEST_AT_ONCE), (0.001, MOST_AT_ONCE)])
def test_however_slow_or_quick_the_number_has_bounds(took_s: float, most: int) -> None:
    assert after(*[(MOST_AT_ONCE, took_s)] * 50).most_at_once == most


def test_a_batch_can_wait_behind_the_one_under_way() -> None:
    assert Pace(200).most_inside == 400
