import pytest

from shared.runtime.consumer.skips import MAX_AHEAD, CannotSkipError, check_offset


@pytest.mark.parametrize("offset", [10, 11, 10 + MAX_AHEAD])
def test_a_record_whose_turn_is_near_can_be_skipped(offset: int) -> None:
    check_offset("triage", offset, 10, (0, 5_000))


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (9, "already handled or parked offset 9: it reads 10 next"),
        (10 + MAX_AHEAD + 1, "offset 1011 is too far ahead: triage reads 10 next"),
        (5_000, "there is no offset 5000: the partition ends at 4999"),
    ],
)
def test_a_record_that_is_not_next_cannot(offset: int, text: str) -> None:
    with pytest.raises(CannotSkipError, match=text):
        check_offset("triage", offset, 10, (0, 5_000))
