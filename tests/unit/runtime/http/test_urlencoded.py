"""``application/x-www-form-urlencoded`` bodies, beside the standard library's decoder."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.http.body import urlencoded_fields

_PLAIN = b"a = & ; # ? [ \x00 \n % %z + %41 %00 %26 %3D %2B %C3%A9 %FF %ED%A0%80 %EF%BF%BD".split(
    b" "
)
_UNITS = [*_PLAIN, "é".encode(), "\ufffd".encode(), b"\xff", b"%F0%9F%98%80", b" "]


def reference(body: bytes) -> object:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=5)
    except ValueError:
        return "refused"


@given(st.lists(st.sampled_from(_UNITS), max_size=14).map(b"".join))
def test_a_form_is_decoded_as_by_the_standard_library(body: bytes) -> None:
    try:
        fields: object = urlencoded_fields(body, 5)
    except ValueError:
        fields = "refused"

    assert fields == reference(body)


def test_a_field_more_than_allowed_is_refused() -> None:
    assert len(urlencoded_fields(b"a=1&" * 4 + b"a=1", 5)) == 5
    with pytest.raises(ValueError, match="too many"):
        urlencoded_fields(b"a=1&" * 5 + b"a=1", 5)
