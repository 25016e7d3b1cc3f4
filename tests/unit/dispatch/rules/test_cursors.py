import pytest

from services.dispatch.rules.cursors import decode_cursor, encode_cursor


@pytest.mark.parametrize("number", [0, 7, 2**63 - 1])
def test_a_cursor_is_that_of_its_list_and_bureau_alone(number: int) -> None:
    cursor = encode_cursor("events", "PBOT-MOD", number)

    assert decode_cursor("events", "PBOT-MOD", cursor) == number
    assert decode_cursor("deliveries", "PBOT-MOD", cursor) is None
    assert decode_cursor("events", "WATER", cursor) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "7",
        "=",
        "\N{SNOWMAN}",
        encode_cursor("events", "WATER", 7) + "=",
        encode_cursor("events", "WATER", 2**63),
        encode_cursor("events", "WATER", -1),
        encode_cursor("events", "WATER", 1)[:-1],
    ],
)
def test_anything_else_is_no_cursor(cursor: str) -> None:
    assert decode_cursor("events", "WATER", cursor) is None
