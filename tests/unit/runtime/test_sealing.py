import pytest

from shared.runtime.sealing import Sealer, UnreadableError, is_sealed

SEALER = Sealer.derived(b"a secret of sixteen bytes", "tests")
PLACE = "request mailbox"


def test_a_sealed_value_shows_nothing_and_opens_at_its_place() -> None:
    sealed = [SEALER.seal("ana@example.org", PLACE) for _ in range(2)]

    assert all(one and is_sealed(one) and "ana" not in one for one in sealed)
    assert sealed[0] != sealed[1]
    assert [SEALER.open(one, PLACE) for one in sealed] == ["ana@example.org"] * 2
    assert Sealer.derived(b"a secret of sixteen bytes", "tests").open(sealed[0], PLACE)


@pytest.mark.parametrize("sealed", ["sealed:", "sealed:AAAA", "sealed:no base64!", "sealed:ÄÄÄÄ"])
def test_a_damaged_value_is_unreadable(sealed: str) -> None:
    with pytest.raises(UnreadableError):
        SEALER.open(sealed, PLACE)


def test_a_value_opens_with_its_own_key_and_at_its_own_place_alone() -> None:
    sealed = SEALER.seal("ana@example.org", PLACE)
    others = (
        (SEALER, "request phone"),
        (Sealer.derived(b"another secret of sixteen", "tests"), PLACE),
        (Sealer.derived(b"a secret of sixteen bytes", "another use"), PLACE),
    )
    for sealer, place in others:
        with pytest.raises(UnreadableError):
            sealer.open(sealed, place)


def test_nothing_stays_nothing_and_what_was_stored_before_seals_is_read() -> None:
    assert SEALER.seal(None, PLACE) is SEALER.open(None, PLACE) is None
    assert SEALER.open("ana@example.org", PLACE) == "ana@example.org"


def test_a_wrapped_key_is_its_owners_alone() -> None:
    wrapped = SEALER.new_wrapped_key("ana")
    sealed = SEALER.unwrapped(wrapped, "ana").seal("+15035550100", PLACE)

    assert SEALER.unwrapped(wrapped, "ana").open(sealed, PLACE) == "+15035550100"
    assert SEALER.new_wrapped_key("ana") != wrapped
    with pytest.raises(UnreadableError):
        SEALER.unwrapped(wrapped, "bea")
    with pytest.raises(UnreadableError):
        SEALER.open(sealed, PLACE)
