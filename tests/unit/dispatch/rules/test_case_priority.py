import pytest

from services.dispatch.rules.case import CasePriority


@pytest.mark.parametrize(
    ("one", "other", "exceeds"),
    [
        pytest.param(CasePriority("P1", 80), CasePriority("P2", 79), True, id="a higher level"),
        pytest.param(CasePriority("P2", 79), CasePriority("P1", 80), False, id="a lower level"),
        pytest.param(CasePriority("P2", 65), CasePriority("P2", 60), True, id="a higher score"),
        pytest.param(CasePriority("P2", 60), CasePriority("P2", 65), False, id="a lower score"),
        pytest.param(CasePriority("P2", 60), CasePriority("P2", 60), False, id="the same"),
        pytest.param(
            CasePriority("P1", 10), CasePriority("P2", 90), True, id="the level before the score"
        ),
    ],
)
def test_a_priority_exceeds_another_by_its_level_then_by_its_score(
    one: CasePriority, other: CasePriority, exceeds: bool
) -> None:
    assert one.exceeds(other) is exceeds
