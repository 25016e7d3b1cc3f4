from base64 import urlsafe_b64encode

import pytest

from shared.runtime.http.list_queries import decode_cursor, encode_cursor


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
        urlsafe_b64encode(b"events:WATER:" + b"1" * 5000).decode().rstrip("="),
    ],
)
def test_anything_else_is_no_cursor(cursor: str) -> None:
    assert decode_cursor("events", "WATER", cursor) is None


def test_a_cursor_of_cases_holds_a_whole_id() -> None:
    newest = 2**128 - 1

    assert decode_cursor("cases", "all", encode_cursor("cases", "all", newest)) == newest
    assert decode_cursor("cases", "all", encode_cursor("cases", "all", newest + 1)) is None
