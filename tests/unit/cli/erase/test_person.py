import json

import pytest

from cli.erase.person import NoContactError, Person, by_email, by_phone
from shared.contract.events import Contact

ANA = by_email("Ana.Q@Example.org")
PHONE = by_phone("(503) 555-0142", {"US"})


@pytest.mark.parametrize(
    "text",
    [
        "ana.q@example.org",
        "write to ANA.Q@EXAMPLE.ORG.",
        "<mailto:ana.q@example.org>",
        "Ana <ana.q@example.org>, thanks",
        json.dumps({"reporter": {"email": "ana.q@example.org"}}),
        '{"email": "ana.q\\u0040example.org"}',
        "\uff41na.q\uff20example.org",
    ],
)
def test_an_address_is_found_however_it_stands_in_the_bytes(text: str) -> None:
    assert ANA.is_named_in([None, text.encode()])


@pytest.mark.parametrize(
    "text",
    ["joana.q@example.org", "ana.q@example.org.uk", "ana.q@example.organic", "anaXq@example.org"],
)
def test_another_address_that_contains_it_is_not_the_same(text: str) -> None:
    assert not ANA.is_named_in([text.encode()])


@pytest.mark.parametrize(
    "text",
    ["+15035550142", "503-555-0142", "(503) 555-0142", "1 503 555 0142", "tel:5035550142"],
)
def test_a_number_is_found_in_any_format(text: str) -> None:
    assert PHONE.is_named_in([text.encode()])


@pytest.mark.parametrize("text", ["95035550142", "50355501429", "503-555-0143", "555-0142"])
def test_other_digits_are_not_the_number(text: str) -> None:
    assert not PHONE.is_named_in([text.encode()])


@pytest.mark.parametrize(
    "value", [b"\xff\xfe\x00", b"", b"[" * 100_000 + b"\\", b'{"a": "\\ud800"}']
)
def test_bytes_that_are_no_text_are_searched_all_the_same(value: bytes) -> None:
    assert not ANA.is_named_in([value])
    assert ANA.is_named_in([value, b"ana.q@example.org"])


def test_a_contact_is_compared_as_intake_normalizes_it() -> None:
    assert ANA.has(Contact(request_id="1", email="ANA.Q@example.org"))
    assert PHONE.has(Contact(request_id="1", phone="+15035550142"))
    assert not ANA.has(Contact(request_id="1"))
    assert not Person(phones=frozenset({"+15035550142"})).has(Contact(request_id="1"))


def test_an_address_beyond_ascii_is_known_in_both_of_its_forms() -> None:
    assert by_email("ana@bücher.example").emails == {
        "ana@bücher.example",
        "ana@xn--bcher-kva.example",
    }


@pytest.mark.parametrize("text", ["ana", "@example.org", "ana@", " "])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(NoContactError, match="--email"):
        by_email(text)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(NoContactError, match="--phone"):
        by_phone("none", {"US"})
