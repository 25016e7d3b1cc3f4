import pytest

from console.passwords import is_guessable, one_time_password


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "123456789012",
        "a" * 200,
        "Trustno1Trustno1",
        "qwertyuiop12",
        "Riverside311!",
    ],
)
def test_common_regular_and_own_words_are_guessable(password: str) -> None:
    assert is_guessable(password, "kim", "Riverside", "311")


def test_several_words_and_random_characters_are_not() -> None:
    for password in ("the old bridge leaks", "7hG-x92kLm_4", one_time_password()):
        assert not is_guessable(password, "kim", "Riverside", "311")
