from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from services.notify.channels.email.message import build_message, message_id, thread_headers
from services.notify.records import RenderedMessage
from tests.support.builders import NOON
from tests.support.notify.factories import SENDER, message_data, renderer, request_facts


def parsed(rendered: RenderedMessage, mailbox: str = "ana@example.org") -> EmailMessage:
    return message_from_bytes(raw(rendered, mailbox), policy=default)


def raw(rendered: RenderedMessage, mailbox: str = "ana@example.org") -> bytes:
    return build_message(rendered, notification_id="0197", sender=SENDER, mailbox=mailbox, now=NOON)


def rendered_message(**changes: Any) -> RenderedMessage:
    fields: dict[str, Any] = {
        "city": "City of Portland",
        "language": "es",
        "subject": "Recibimos su reporte 26-7KQ4-M2",
        "text": "Hola, Ana:\n\nYa empezó.\n",
        "html": "<p>Hola, Ana:</p>\n<p>Ya empezó.</p>\n",
        "unsubscribe_url": "https://311.example.org/v1/unsubscribe/x",
    }
    return RenderedMessage(**(fields | changes))


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_message_names_who_when_what_and_in_which_language() -> None:
    message = parsed(rendered_message())

    assert message["From"] == f"City of Portland <{SENDER}>"
    assert message["To"] == "ana@example.org"
    assert message["Subject"] == "Recibimos su reporte 26-7KQ4-M2"
    assert message["Date"].datetime == NOON
    assert message["Content-Language"] == "es"
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_message_is_text_with_the_same_in_html_beside_it() -> None:
    message = parsed(rendered_message())

    assert message.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]
    assert body(message, "plain") == "Hola, Ana:\n\nYa empezó.\n"
    assert body(message, "html") == "<p>Hola, Ana:</p>\n<p>Ya empezó.</p>\n"


def test_the_message_id_is_the_same_however_often_the_message_is_made() -> None:
    assert (
        parsed(rendered_message())["Message-ID"]
        == message_id("0197", SENDER)
        == "<0197@city.example>"
    )


def test_a_message_is_plain_ascii_in_lines_that_every_server_carries() -> None:
    long = rendered_message(text="ñ" * 5_000, html="<p>" + "ñ" * 5_000 + "</p>", subject="ñ" * 300)

    lines = raw(long).split(b"\r\n")

    assert raw(long).isascii()
    assert max(map(len, lines)) <= 998
    assert body(parsed(long), "plain").strip() == "ñ" * 5_000


@pytest.mark.parametrize(
    "hostile",
    [
        "x\r\nBcc: evil@example.org",
        "x\nBcc: evil@example.org",
        "x\u2028Bcc: evil@example.org",
        "=?utf-8?q?x=0D=0ABcc:_evil=40example.org?=",
        "\u202eevil",
    ],
)
def test_text_of_others_adds_no_header_and_no_recipient(hostile: str) -> None:
    rendered = renderer().render(
        message_data(name=hostile, request=request_facts(tracking_number=hostile, address=hostile))
    )
    plain = renderer().render(message_data())

    message = parsed(rendered)

    assert message.keys() == parsed(plain).keys()
    assert message["To"] == "ana@example.org"
    assert len(list(message.iter_parts())) == 2
    assert "\u202e" not in message["Subject"]


def test_a_city_of_any_script_can_send() -> None:
    assert parsed(rendered_message(city="Ciudad de Núñez, Oregón"))["From"].addresses[
        0
    ].display_name == ("Ciudad de Núñez, Oregón")


def test_lines_that_mean_something_on_the_way_arrive_as_they_were_written() -> None:
    text = "From here on:\n.\n..\n--=_0197--\n--0197--\n  blanks  \n=41\n"

    assert body(parsed(rendered_message(text=text)), "plain") == text


@pytest.mark.parametrize(
    "subject", ["Ya empezó: ñ", "=?utf-8?q?x=0D=0ABcc:_a=40b.c?=", "word " * 99 + "end"]
)
def test_a_subject_arrives_as_it_was_written(subject: str) -> None:
    assert parsed(rendered_message(subject=subject))["Subject"] == subject


def test_the_messages_about_a_request_form_a_thread_that_names_it() -> None:
    headers = thread_headers("26-7KQ4-M2", SENDER)

    assert headers == {
        "In-Reply-To": "<26-7KQ4-M2@city.example>",
        "References": "<26-7KQ4-M2@city.example>",
    }
    assert "\n" not in str(thread_headers("x\r\nBcc: a@b.c", SENDER))


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
def test_a_header_with_a_line_of_another_header_is_refused(line_break: str) -> None:
    with pytest.raises(ValueError, match="To: has a line"):
        raw(rendered_message(), mailbox=f"a@example.org{line_break}Bcc: b@x.org")
