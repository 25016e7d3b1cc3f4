import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.redaction import REMOVED, KnownPii
from tests.support.intake.factories import CITY
from tests.unit.shared.redaction.subjects import ANA, REDACTOR


@pytest.mark.parametrize(
    ("text", "public"),
    [
        pytest.param("mail ben@example.org please", "mail [removed] please", id="an address"),
        pytest.param("ben.o'neil+311@mail.example.co.uk.", "[removed].", id="a long address"),
        pytest.param("<a@b.org>,c@d.org", "<[removed]>,[removed]", id="two addresses"),
        pytest.param("ben\uff20example.org", "[removed]", id="a wide @"),
        pytest.param("josé@correo.mx", "[removed]", id="letters of other languages"),
        pytest.param("call 503-555-0199 now", "call [removed] now", id="a number"),
        pytest.param("(503) 555-0199", "[removed]", id="in brackets"),
        pytest.param("503.555.0199", "[removed]", id="with dots"),
        pytest.param("5035550199", "[removed]", id="in one piece"),
        pytest.param("+1 503 555 0199", "[removed]", id="with country code"),
        pytest.param("+52 55 1234 5678", "[removed]", id="from abroad"),
        pytest.param("permit 503-555-0199", "permit [removed]", id="grouped as only numbers are"),
        pytest.param("503-555-0199/971-555-0123", "[removed]/[removed]", id="two numbers"),
        pytest.param("call me at 555-0123", "call me at [removed]", id="without area code"),
        pytest.param("llámeme al 555-0123", "llámeme al [removed]", id="the same in Spanish"),
        pytest.param("ask Quimby, Ana first", "ask [removed] first", id="a surname before a name"),
        pytest.param(
            "call 555-0123 or 503-555-0199", "call [removed] or [removed]", id="both kinds"
        ),
    ],
)
def test_addresses_and_numbers_of_people_are_taken_out(text: str, public: str) -> None:
    assert REDACTOR.redact_text(text) == public


@pytest.mark.parametrize(
    "text",
    [
        "I called 3-1-1 and 311 and 911",
        "503-823-4000 did not answer",
        "1221 SW 4th Ave, Portland 97204",
        "12345 SE 122nd Ave 97236-1234",
        "1310-1314 Main St, 1310-1340 Lake St",
        "Permit 2024-123456 expired",
        "permit no. 5031234567",
        "License plate 5035550199",
        "plate 123 ABC, lot 456-7890",
        "Case #24-123456-000-00-CO",
        "On 11/24/2026 08:10 and 2026-11-25",
        "45.52306212, -122.67654321",
        "pole 1234567",
        "Reference: 01a230db-5b30-7acb-8c7f-119032553983",
        "@ the corner, user@ or @home",
        "Deep hole, 3 x 4 feet, 200 yards from milepost 12",
    ],
)
def test_what_is_nobodys_contact_stays(text: str) -> None:
    assert REDACTOR.redact_text(text) == text


@pytest.mark.parametrize(
    ("text", "public"),
    [
        pytest.param("I am ANA García López.", "I am [removed].", id="the full name"),
        pytest.param("Ana  garcía\nLópez", "[removed]", id="over lines"),
        pytest.param("Write ana@example.org", "Write [removed]", id="the address"),
        pytest.param(
            "5 0 3 5 5 5 0 1 0 0 and 1-5035550100",
            "[removed] and [removed]",
            id="the number",
        ),
        pytest.param("Ana Street is closed", "Ana Street is closed", id="a part of the name"),
        pytest.param("Susana García López", "Susana García López", id="somebody else"),
    ],
)
def test_the_reporters_own_data_are_taken_out(text: str, public: str) -> None:
    assert REDACTOR.redact_text(text, ANA) == public


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("My name is park. Water in Park Street", "My name is [removed]. Water in Park Street"),
        ("soy Park, hay agua", "soy [removed], hay agua"),
        ("The Park is flooded", "The Park is flooded"),
    ],
)
def test_a_single_name_is_taken_out_where_somebody_says_it_is_theirs(
    text: str, public: str
) -> None:
    assert REDACTOR.redact_text(text, KnownPii("Park", None, None)) == public


def test_an_own_number_that_is_none_elsewhere_is_taken_out_however_it_is_written() -> None:
    assert (
        REDACTOR.redact_text("ring 77-88 99-00", KnownPii(phone="7788 9900")) == f"ring {REMOVED}"
    )


def test_an_own_address_that_is_none_elsewhere_is_taken_out_too() -> None:
    assert (
        REDACTOR.redact_text("ask ANA@intranet", KnownPii(email="ana@intranet")) == f"ask {REMOVED}"
    )


def test_junk_in_place_of_an_address_takes_nothing_out() -> None:
    text = "a hole, pole 1234567, lot 12"

    assert REDACTOR.redact_text(text, KnownPii(email="a", phone="12")) == text


def test_every_number_in_the_catalogue_is_public() -> None:
    text = "503-823-4000, 503-823-1700, 1-888-275-6368, 503-618-3000"

    assert CITY.redactor.redact_text(text) == text


@given(st.text())
def test_what_is_redacted_once_stays_as_it_is(text: str) -> None:
    once = REDACTOR.redact_text(text, ANA)

    assert REDACTOR.redact_text(once, ANA) == once


@given(
    st.text(st.characters(categories=["L", "Zs", "P"]), max_size=40),
    st.sampled_from(["ben@example.org", "503-555-0199", "(971) 555-0123", "+34 600 123 456"]),
    st.text(st.characters(categories=["L", "Zs"]), max_size=40),
)
def test_contact_data_are_found_anywhere_in_a_text(before: str, secret: str, after: str) -> None:
    assert secret not in REDACTOR.redact_text(f"{before} {secret} {after}")


@pytest.mark.parametrize(
    "text",
    [
        "1 " * 2000,
        "5" * 4000,
        "+1 " * 1300,
        "a@" * 2000,
        "a." * 2000 + "@",
        "x" * 4000,
        "call " * 800,
        "503-555-0199 " * 300,
        "name is " * 500,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    REDACTOR.redact_text(text, ANA)

    assert time.process_time() - began < 10


PHONES = "call 503-555-0199 or (971) 555 0123, +44 20 7946 0958; "


@pytest.mark.parametrize("times", [3, 60])
def test_no_number_is_left_however_many_there_are(times: int) -> None:
    redacted = REDACTOR.redact_text(PHONES * times)

    assert not any(character.isdigit() for character in redacted)
    assert redacted.startswith("call [removed] or [removed]")


@pytest.mark.parametrize(
    ("name", "text", "public"),
    [
        ("Ana & Ben Ruiz", "Ana & Ben Ruiz; ana   &   BEN ruiz", "[removed]; [removed]"),
        ("- & -", "a - & - b", "a - & - b"),
        ("Ana " * 13, "I, ANA, am banana", "I, [removed], am banana"),
        ("Ana " + "x" * 100, "Ana and x", "[removed] and x"),
    ],
)
def test_a_name_that_is_no_persons_is_taken_out_word_by_word(
    name: str, text: str, public: str
) -> None:
    assert REDACTOR.redact_text(text, KnownPii(name)) == public


def test_a_long_address_of_the_reporter_is_taken_out() -> None:
    email = "a" * 150 + "@b"

    assert REDACTOR.redact_text(f"to {email}.", KnownPii(email=email)) == "to [removed]."


@pytest.mark.parametrize(
    "text",
    [
        "calle Don Felipe, esquina",
        "Avenida Nuestra Se\u00f1ora De F\u00e1tima",
        "Ms Park Avenue leaks",
        "Sr. DG Obras",
        "mr and mrs",
        "a box at 0011111111111111",
        "el mrs high school",
    ],
)
def test_a_title_in_the_name_of_a_place_stays(text: str) -> None:
    assert REDACTOR.redact_text(text) == text


def test_characters_without_end_are_read() -> None:
    text = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 10_500))

    assert REDACTOR.redact_text(f"{text} ben\uff20example.org") == f"{text} {REMOVED}"
