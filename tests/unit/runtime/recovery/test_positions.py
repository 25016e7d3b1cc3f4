import pytest

from shared.runtime.kafka import Partition
from shared.runtime.recovery.positions import PositionChange, position_change, position_changes

HERE = Partition("triage-decisions", 3)


@pytest.mark.parametrize(
    ("position", "span", "since", "cause", "to"),
    [
        pytest.param(100, (0, 100), None, None, None, id="at the end"),
        pytest.param(101, (0, 100), None, "tail_lost", 100, id="one beyond the end"),
        pytest.param(101, (0, 100), 80, "tail_lost", 80, id="beyond, with newer records"),
        pytest.param(50, (50, 100), None, None, None, id="at the start"),
        pytest.param(49, (50, 100), 50, "start_gone", 50, id="one before the start"),
        pytest.param(60, (0, 100), 60, None, None, id="at the moment"),
        pytest.param(61, (0, 100), 60, "read_again", 60, id="one after the moment"),
        pytest.param(59, (0, 100), 60, None, None, id="never forward to the moment"),
        pytest.param(7, (0, 0), None, "tail_lost", 0, id="a topic that came back empty"),
    ],
)
def test_a_position_moves_only_as_far_as_it_must(
    position: int, span: tuple[int, int], since: int | None, cause: str | None, to: int | None
) -> None:
    found = position_change(HERE, position, span, since)

    assert (found and found.cause, found and found.after) == (cause, to)


def test_only_who_goes_forward_loses_records() -> None:
    assert PositionChange(HERE, "start_gone", 40, 50).lost == 10
    assert PositionChange(HERE, "tail_lost", 50, 40).lost == 0


def test_a_topic_that_the_broker_no_longer_has_is_read_from_its_new_start() -> None:
    assert position_changes({HERE: 5}, {}, {}) == [PositionChange(HERE, "tail_lost", 5, 0)]
