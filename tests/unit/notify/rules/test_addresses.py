import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.rules.addresses import mailbox, person_of
from tests.unit.notify.factories import CONTACT_KEY


def person(address: str | None = None, phone: str | None = None, request_id: str = "r1") -> str:
    return person_of(CONTACT_KEY, address=address, phone=phone, request_id=request_id)


@pytest.mark.parametrize(
    ("given", "sent_to"),
    [
        pytest.param("ana@example.org", "ana@example.org", id="plain"),
        pytest.param("  ana@example.org\n", "ana@example.org", id="blanks around it"),
        pytest.param("Ana.Gil@EXAMPLE.Org", "Ana.Gil@example.org", id="capitals"),
        pytest.param("a+b_c'd@sub.example.org", "a+b_c'd@sub.example.org", id="signs"),
        pytest.param("ana@bücher.example", "ana@xn--bcher-kva.example", id="domain of any script"),
    ],
)
def test_a_plain_address_can_be_written_to(given: str, sent_to: str) -> None:
    assert mailbox(given) == sent_to


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("ana", id="no domain"),
        pytest.param("ana@localhost", id="no dot in the domain"),
        pytest.param("@example.org", id="no local part"),
        pytest.param("a b@example.org", id="blank inside"),
        pytest.param("ana@example.org, bob@example.org", id="two of them"),
        pytest.param("Ana <ana@example.org>", id="with a name"),
        pytest.param('"ana"@example.org', id="quoted"),
        pytest.param("ana@example.org\r\nBcc: bob@example.org", id="a header behind it"),
        pytest.param("ana\r\nBcc: bob@example.org", id="a header inside it"),
        pytest.param("ana@exam\x00ple.org", id="control character"),
        pytest.param("ana\u202e@example.org", id="bidi override"),
        pytest.param("josé@example.org", id="local part beyond ASCII"),
        pytest.param(".ana@example.org", id="dot at the start"),
        pytest.param("ana..gil@example.org", id="two dots"),
        pytest.param("ana@-example.org", id="hyphen at the start of a label"),
        pytest.param("ana@example..org", id="empty label"),
        pytest.param("a" * 65 + "@example.org", id="local part too long"),
        pytest.param("ana@" + "a." * 130 + "org", id="too long as a whole"),
    ],
)
def test_what_is_no_plain_address_cannot_be_written_to(given: str | None) -> None:
    assert mailbox(given) is None


@given(st.text())
def test_whatever_is_written_to_has_one_at_sign_and_nothing_but_ascii_letters_and_signs(
    text: str,
) -> None:
    address = mailbox(text + "@example.org")

    assert address is None or (address.count("@") == 1 and address.isascii())
    assert address is None or not set(address) & set(' \t\r\n<>,;:"()[]\\')


def test_the_same_mailbox_is_the_same_person_in_whatever_case() -> None:
    assert person("Ana@example.org") == person("ana@example.org")


def test_the_mailbox_decides_before_the_phone_and_the_phone_before_the_request() -> None:
    assert person("ana@example.org", "+15035550100") == person("ana@example.org", None, "r2")
    assert person(None, "+15035550100", "r1") == person(None, "+15035550100", "r2")
    assert person(None, None, "r1") != person(None, None, "r2")


def test_a_person_can_be_told_by_the_key_alone() -> None:
    other = person_of(b"another key altogether", address="a@b.org", phone=None, request_id="r1")

    assert person("a@b.org") != other
    assert "a@b.org" not in person("a@b.org")


def test_a_phone_number_is_no_mailbox_of_the_same_letters() -> None:
    assert person(address="1") != person(phone="1") != person(request_id="1")
