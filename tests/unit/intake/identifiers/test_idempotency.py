from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from services.intake.identifiers import idempotency_key, payload_hash

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(), parts, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json))
def test_the_order_of_fields_does_not_matter(data: dict[str, Any]) -> None:
    assert payload_hash(data) == payload_hash(dict(reversed(data.items())))


@given(json)
def test_what_was_read_from_bytes_has_one_fingerprint(data: Any) -> None:
    written = to_json(data, inf_nan_mode="constants")

    assert payload_hash(from_json(written)) == payload_hash(from_json(written))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": "1"}, {"a": 1}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": None}, {}),
        ({"a": "é"}, {"a": "e\u0301"}),
    ],
)
def test_other_data_have_another_fingerprint(one: Any, other: Any) -> None:
    assert payload_hash(one) != payload_hash(other)


def test_the_longest_number_that_json_may_hold_has_a_fingerprint() -> None:
    assert len(payload_hash(from_json(b"1" * 4300))) == 32


@given(st.text(), st.text(), st.text(), st.text())
def test_only_the_same_source_and_id_have_the_same_key(a: str, b: str, c: str, d: str) -> None:
    assert (idempotency_key(a, b) == idempotency_key(c, d)) == ((a, b) == (c, d))


def test_a_blank_in_a_source_does_not_make_it_another_id() -> None:
    assert idempotency_key("a b", "c") != idempotency_key("a", "b c")
