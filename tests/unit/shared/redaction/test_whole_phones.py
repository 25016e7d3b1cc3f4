"""Texts without a whole number are not parsed: the condition for that hides no number."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import Leniency, PhoneNumberMatcher

from shared.redaction.phones import phones_in

GROUPS = st.sampled_from(
    ["503", "555", "0142", "5035550142", "1", "+1", "011", "44", "20", "7946", "0958", "5550142"]
)
SEPARATORS = st.sampled_from(["", "-", " ", ".", ") ", "(", " - ", "/", "x", "\u2010", "    ", "#"])
NUMBERS = st.lists(st.tuples(GROUPS, SEPARATORS), min_size=1, max_size=8).map(
    lambda parts: "".join(map("".join, parts))
)


@pytest.mark.parametrize("region", ["US", "ES"])
@given(text=NUMBERS)
@example(text="503-555-0142")
@example(text="(503) 555 0142 x 12")
@example(text="+44 20 7946 0958")
@example(text="011 44 20 7946 0958")
def test_every_whole_number_is_found(region: str, text: str) -> None:
    matches = PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING)
    has_area_code = 2_000_000_000
    whole = [
        (match.start, match.end)
        for match in matches
        if match.number.country_code != 1 or (match.number.national_number or 0) >= has_area_code
    ]

    assert [(start, end) for start, end, _ in phones_in(text, region)] == whole
