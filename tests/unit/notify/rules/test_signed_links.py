"""Links in messages: good for one page and one message."""

from services.notify.rules.signed_links import SignedLinks

BASE = "https://311.example.org"
LINKS = SignedLinks.of([b"a secret of the tests"], BASE)
MESSAGE = "0197f1a0-3c11-7000-8000-000000000001"


def test_a_link_leads_back_to_its_message() -> None:
    page, _, token = LINKS.url("feedback", MESSAGE).rpartition("/")

    assert page == f"{BASE}/feedback"
    assert LINKS.notification("feedback", token) == MESSAGE


def test_a_link_opens_no_other_page() -> None:
    token = LINKS.url("feedback", MESSAGE).rpartition("/")[2]

    assert LINKS.notification("unsubscribe", token) is None


def test_another_secret_opens_nothing() -> None:
    token = SignedLinks.of([b"another secret"], BASE).url("feedback", MESSAGE).rpartition("/")[2]

    assert LINKS.notification("feedback", token) is None
