"""The gateway's signature, by the examples of Twilio's documents and libraries."""

import pytest

from services.intake.channels.sms.channel import twiml
from shared.runtime.http.twilio import is_signed, sign

TOKEN = b"12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}
REPEATED = [
    ("Sid", "CA123"),
    ("SidAccount", "AC123"),
    ("Digits", "5678"),
    ("Digits", "1234"),
    ("Digits", "1234"),
]


def call(number: str) -> list[tuple[str, str]]:
    return [*CALL.items(), ("From", number), ("Caller", number)]


@pytest.mark.parametrize(
    ("fields", "signature"),
    [
        (call("+14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (call("+12349013030"), "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        (REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    ],
)
def test_the_published_examples_have_their_signatures(
    fields: list[tuple[str, str]], signature: str
) -> None:
    assert sign(TOKEN, URL, fields) == signature
    assert is_signed(TOKEN, URL, fields, signature)


@pytest.mark.parametrize(
    ("token", "url", "fields", "signature"),
    [
        pytest.param(b"12346", URL, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", id="token"),
        pytest.param(TOKEN, URL[:-1], REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", id="URL"),
        pytest.param(TOKEN, URL, REPEATED[1:], "IK+Dwps556ElfBT0I3Rgjkr1wJU=", id="fields"),
        pytest.param(TOKEN, URL, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU", id="signature"),
        pytest.param(TOKEN, URL, REPEATED, "é", id="no ASCII"),
        pytest.param(TOKEN, URL, REPEATED, "\udcff", id="bytes that are no UTF-8"),
        pytest.param(TOKEN, f"{URL}\udcff", REPEATED, "x", id="such bytes in the URL"),
        pytest.param(TOKEN, URL, REPEATED, "", id="none"),
    ],
)
def test_anything_else_is_wrong(
    token: bytes, url: str, fields: list[tuple[str, str]], signature: str
) -> None:
    assert not is_signed(token, url, fields, signature)


def test_an_answer_is_one_escaped_message_or_none() -> None:
    assert twiml(None).endswith("\n<Response/>")
    assert twiml("a < b & c").endswith("\n<Response><Message>a &lt; b &amp; c</Message></Response>")
