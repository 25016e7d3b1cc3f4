from typing import Any

import pytest

from services.intake.identifiers import ContactChannels, contact_channels, reporter_ref

KEY = b"secret"


def ref(
    *, key: bytes = KEY, source: str = "/app", account: str | None = None, **contact: Any
) -> str | None:
    given = contact_channels(contact.get("email"), contact.get("phone"), "US")
    return reporter_ref(key, source, account, given)


@pytest.mark.parametrize(
    ("email", "phone", "expected"),
    [
        pytest.param(
            "ana@example.org", None, ContactChannels("ana@example.org", None), id="an address"
        ),
        pytest.param(None, "(503) 555-0100", ContactChannels(None, "+15035550100"), id="a number"),
        pytest.param(None, "+15035550100", ContactChannels(None, "+15035550100"), id="E.164"),
        pytest.param(None, "+52 55 1234 5678", ContactChannels(None, "+525512345678"), id="abroad"),
        pytest.param(None, None, ContactChannels(None, None), id="nothing"),
        pytest.param("none", None, ContactChannels(None, None, unusable=True), id="no address"),
        pytest.param("a@b", None, ContactChannels(None, None, unusable=True), id="half an address"),
        pytest.param(
            "a b@c.org", None, ContactChannels(None, None, unusable=True), id="a blank in it"
        ),
        pytest.param(
            "a@b.org, c@d.org", None, ContactChannels(None, None, unusable=True), id="two"
        ),
        pytest.param(
            "josé@b.org", None, ContactChannels(None, None, unusable=True), id="beyond ASCII"
        ),
        pytest.param(
            "Ana@bücher.example", None, ContactChannels("Ana@bücher.example", None), id="as written"
        ),
        pytest.param(None, "n/a", ContactChannels(None, None, unusable=True), id="no number"),
        pytest.param(
            None, "12", ContactChannels(None, None, unusable=True), id="too short a number"
        ),
        pytest.param(
            "ana@example.org",
            "n/a",
            ContactChannels("ana@example.org", None, unusable=True),
            id="one of two",
        ),
    ],
)
def test_only_what_can_be_an_address_or_a_number_is_used(
    email: str | None, phone: str | None, expected: ContactChannels
) -> None:
    assert contact_channels(email, phone, "US") == expected


def test_nobody_has_no_reference() -> None:
    assert ref() is None
    assert ref(email="none") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"email": "Ana@Example.org"}, {"email": "ana@example.org"}, id="capitals"),
        pytest.param({"phone": "503-555-0100"}, {"phone": "+1 (503) 555 0100"}, id="spelling"),
        pytest.param(
            {"account": "7", "email": "a@b.org"}, {"account": "7", "email": "c@d.org"}, id="account"
        ),
        pytest.param(
            {"email": "a@b.org", "phone": "+15035550100"}, {"email": "a@b.org"}, id="address"
        ),
        pytest.param({"email": "a@b.org"}, {"email": "a@b.org", "source": "/web"}, id="any way in"),
    ],
)
def test_the_same_person_has_the_same_reference(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert ref(**one) == ref(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"email": "ana@b.org"}, {"email": "ben@b.org"}, id="another address"),
        pytest.param({"account": "7"}, {"account": "7", "source": "/web"}, id="another adapter"),
        pytest.param({"account": "a@b.org"}, {"email": "a@b.org"}, id="an account, an address"),
        pytest.param(
            {"account": "1 2", "source": "/a"}, {"account": "2", "source": "/a 1"}, id="blanks"
        ),
        pytest.param({"email": "a@b.org"}, {"email": "a@b.org", "key": b"other"}, id="another key"),
    ],
)
def test_another_person_has_another_reference(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert ref(**one) != ref(**other)


def test_a_reference_stays_what_it_was() -> None:
    assert ref(email="Ana@Example.org") == "b97c30c54a7da6b80d649be418022c1b"


def test_a_reference_is_32_hex_digits_without_what_it_stands_for() -> None:
    found = ref(email="ana@example.org")

    assert found is not None
    assert len(found) == 32
    assert int(found, 16)
