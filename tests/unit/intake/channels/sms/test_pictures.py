"""Pictures of texts: which the callback names, and which addresses are fetched."""

import pytest

from services.intake.channels.sms.channel import pictures_of
from services.intake.channels.sms.rules.pictures import is_fetchable, redirected, retry_after

HOSTS = ("api.twilio.com",)
URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Media/ME1"


@pytest.mark.parametrize(
    ("stated", "read"),
    [("0", 0), ("2", 2), ("99", 10), ("", 0), ("many", 0), ("-1", 0), ("\u0663", 0)],
)
def test_as_many_pictures_are_read_as_the_callback_states(stated: str, read: int) -> None:
    fields = {f"MediaUrl{number}": URL for number in range(12)}

    assert pictures_of({"NumMedia": stated, **fields}) == (URL,) * read


def test_what_can_be_no_address_is_left_out() -> None:
    fields = {"NumMedia": "4", "MediaUrl0": "a\x00b", "MediaUrl1": "x" * 2_049, "MediaUrl3": URL}

    assert pictures_of(fields) == (URL,)


@pytest.mark.parametrize(
    ("url", "may"),
    [
        (URL, True),
        ("https://API.twilio.com:443/a", True),
        ("http://api.twilio.com/a", True),  # its address must be allowed then
        ("https://api.twilio.com.example/a", False),
        ("https://api.twilio.com@other.example/a", False),
        ("https://other.example/?api.twilio.com", False),
        ("https://user@api.twilio.com/a", False),
        ("https://other.example\\@api.twilio.com/a", False),
        ("ftp://api.twilio.com/a", False),
        ("//api.twilio.com/a", False),
        ("https://api.twilio.com:port/a", False),
        ("https://[api.twilio.com/a", False),
        ("", False),
    ],
)
def test_only_the_hosts_of_pictures_are_fetched_from(url: str, may: bool) -> None:
    assert is_fetchable(url, HOSTS) is may


def test_a_redirect_is_relative_to_what_was_called() -> None:
    assert redirected(URL, "/b") == "https://api.twilio.com/b"
    assert redirected(URL, "https://c.example/d") == "https://c.example/d"
    assert redirected(URL, "") == redirected(URL, "https://[c.example") == ""


def test_waits_grow_to_six_hours() -> None:
    assert [retry_after(tries).total_seconds() for tries in (1, 2, 3, 4, 9)] == [
        *(60, 600, 3_600, 21_600, 21_600)
    ]
