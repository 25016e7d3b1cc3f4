from datetime import datetime, timedelta

import pytest

from services.triage.rules.dedup.scoring import PointUse, PointUses
from shared.catalogue.evidence import PlaceholderPoints
from shared.vocabulary import GeoPoint
from tests.support.builders import NOON, PIONEER_SQUARE, north_of
from tests.support.triage.factories import DAY

LIMITS = PlaceholderPoints(groups=3, within=timedelta(days=30))


def used(*cases: tuple[str, datetime], at: GeoPoint = PIONEER_SQUARE) -> PointUses:
    uses = PointUses()
    for key, opened_at in cases:
        uses.add(PointUse(at, key, opened_at))
    return uses


@pytest.mark.parametrize(
    ("uses", "is_stand_in"),
    [
        pytest.param(used(("a", NOON), ("b", NOON), ("c", NOON)), True, id="as many groups"),
        pytest.param(used(("a", NOON), ("b", NOON)), False, id="one group too few"),
        pytest.param(used(*[("a", NOON)] * 50, ("b", NOON)), False, id="many of one group"),
        pytest.param(
            used(("a", NOON), ("b", NOON), ("c", NOON), at=north_of(PIONEER_SQUARE, 0.5)),
            False,
            id="beside the point",
        ),
        pytest.param(used(("a", NOON), ("b", NOON), ("mine", NOON)), False, id="its own group"),
        pytest.param(
            used(("a", NOON - 30 * DAY), ("b", NOON + 30 * DAY), ("c", NOON)),
            True,
            id="at the ends of the time",
        ),
        pytest.param(
            used(("a", NOON - 31 * DAY), ("b", NOON), ("c", NOON)), False, id="one too long ago"
        ),
        pytest.param(
            used(("a", NOON), ("a", NOON - 31 * DAY), ("b", NOON), ("c", NOON)),
            True,
            id="the newest of a group counts",
        ),
    ],
)
def test_a_point_with_cases_of_many_groups_within_the_time_is_a_stand_in(
    uses: PointUses, *, is_stand_in: bool
) -> None:
    assert uses.is_placeholder(PointUse(PIONEER_SQUARE, "mine", NOON), LIMITS) is is_stand_in
