"""Redaction of addresses of pictures and of ids."""

import pytest

from tests.unit.shared.redaction.subjects import ANA, REDACTOR


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://ana:secret@cdn.example.org/1.jpg", "https://cdn.example.org/1.jpg"),
        ("https://x.org/1.jpg?email=ana%40example.org&w=3", "https://x.org/1.jpg?w=3"),
        ("https://x.org/1.jpg?phone=5035550142", "https://x.org/1.jpg"),
        ("https://x.org/ana@example.org/1.jpg", "https://x.org/1.jpg"),
        ("https://x.org/1.jpg#ana@example.org", "https://x.org/1.jpg"),
        ("https://x.org/u/5035550100/1.jpg", "https://x.org/u/1.jpg"),
        ("https://ana@x.org", "https://x.org/"),
        ("http://ana@", None),
        ("http://[ana@example.org", None),
    ],
)
def test_the_address_of_a_picture_tells_of_nobody(url: str, public: str | None) -> None:
    assert REDACTOR.redact_url(url, ANA) == public


@pytest.mark.parametrize(
    "url",
    [
        "https://b.s3.amazonaws.com/4155238886/a%20b.jpg?X-Amz-Date=20261126T080000Z&Expires=1764190000&sig=a%2Fb%3D",
        "https://live.staticflickr.com/65535/51234567890_0a1b2c3d4e_b.jpg",
        "https://res.cloudinary.com/x/image/upload/v1571218039/abc.jpg?",
        "https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef/Media/ME5035550142",
        "http://127.0.0.1:8080/v1/media/0197ab12-3456-7890-8123-567890123456",
    ],
)
def test_a_harmless_address_keeps_its_bytes(url: str) -> None:
    assert REDACTOR.redact_url(url, ANA) == url


@pytest.mark.parametrize(
    ("id", "is_private"),
    [
        ("ana@example.org", True),
        ("2026-11-26/ana%40example.org", True),
        ("+15035550142", True),
        ("503-555-0142-7", False),
        ("0197ab12-5035-4550-8142-503555014200", False),
        ("101002114122", False),
        ("SM0123456789abcdef0123456789abcdef", False),
        ("17", False),
    ],
)
def test_an_id_with_contact_data_is_told_from_others(id: str, is_private: bool) -> None:
    assert REDACTOR.holds_contact(id) is is_private


def test_of_very_many_parts_of_an_address_all_are_left_out() -> None:
    parts = "&".join(f"p{number}=1" for number in range(60))

    assert REDACTOR.redact_url(f"https://x.org/1.jpg?{parts}&a=a@b.org") == "https://x.org/1.jpg"
    assert REDACTOR.redact_url("https://x.org?a=a@b.org") == "https://x.org/"
