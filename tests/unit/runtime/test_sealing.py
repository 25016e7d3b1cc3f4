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


def test_what_an_older_key_sealed_opens_and_the_new_one_seals() -> None:
    new, old = b"a newer secret of sixteen", b"a secret of sixteen bytes"
    both = Sealer.derived(new, "tests", old)
    sealed, wrapped = SEALER.seal("ana@example.org", PLACE), SEALER.new_wrapped_key("ana")

    assert both.open(sealed, PLACE) == "ana@example.org"
    assert both.unwrap(wrapped, "ana") == SEALER.unwrap(wrapped, "ana")
    assert Sealer.derived(new, "tests").open(both.seal("ana@example.org", PLACE), PLACE)
    with pytest.raises(UnreadableError):
        SEALER.open(both.seal("ana@example.org", PLACE), PLACE)


def test_the_id_of_a_key_tells_keys_apart_and_is_short() -> None:
    new, old = b"a newer secret of sixteen", b"a secret of sixteen bytes"

    assert Sealer.derived(new, "tests", old).key_ids[1:] == SEALER.key_ids
    ids = {one.key_ids[0] for one in (SEALER, Sealer.derived(new, "tests"),
                                      Sealer.derived(old, "other"))}  # fmt: skip
    assert {len(one) for one in ids} == {16}
    assert len(ids) == 3
