import pytest

from services.dispatch.rules.priority import Priority


@pytest.mark.parametrize(
    ("one", "other", "exceeds"),
    [
        pytest.param(Priority("P1", 80), Priority("P2", 79), True, id="a higher level"),
        pytest.param(Priority("P2", 79), Priority("P1", 80), False, id="a lower level"),
        pytest.param(Priority("P2", 65), Priority("P2", 60), True, id="a higher score"),
        pytest.param(Priority("P2", 60), Priority("P2", 65), False, id="a lower score"),
        pytest.param(Priority("P2", 60), Priority("P2", 60), False, id="the same"),
        pytest.param(Priority("P1", 10), Priority("P2", 90), True, id="the level before the score"),
    ],
)
def test_a_priority_exceeds_another_by_its_level_then_by_its_score(
    one: Priority, other: Priority, exceeds: bool
) -> None:
    assert one.exceeds(other) is exceeds
