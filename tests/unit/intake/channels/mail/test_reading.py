"""Reading of e-mails: whatever it is, it is read, in time that grows with its length alone."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.mail.rules.addresses import OurAddresses
from services.intake.channels.mail.rules.headers import decode
from services.intake.channels.mail.rules.message import read_mail
from services.intake.channels.mail.rules.parts import text_of_html
from services.intake.channels.mail.rules.quotes import new_words
from shared.text_matching.normalization import normalize_text
from tests.support.intake.mail_corpus.making import CITY, TAG
from tests.support.paths import DATA

NAUGHTY = DATA / "naughty_strings" / "blns.txt"


@given(st.binary(max_size=300))
def test_any_bytes_are_read(content: bytes) -> None:
    mail = read_mail(content, "a@example.org")

    assert mail.id
    assert normalize_text(mail.words) == mail.words


@pytest.mark.parametrize("name", ["=?utf-8?Q?=00=1BAna?=", "Ana\x00\x1b", "\udcff\udce9Ana"])
def test_names_of_people_and_files_can_be_stored(name: str) -> None:
    file = f'Content-Type: application/pdf\nContent-Disposition: attachment; filename="{name}"\n\nx'
    content = (
        f"From: {name} <a@example.org>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n{file}"
    )
    mail = read_mail(content.encode(errors="surrogateescape"), "a@example.org")

    assert mail.name
    assert mail.name.isprintable()
    assert mail.attached.encode().decode().isprintable()
    assert mail.attached.endswith("Ana")


@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "utf-7"]))
def test_a_text_comes_through_its_charset_unchanged(text: str, charset: str) -> None:
    try:
        content = text.encode(charset)
    except UnicodeEncodeError:  # a lone surrogate
        return

    assert decode(content, charset) == text.removeprefix("\ufeff" if charset == "utf-16" else "")


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the strings are not here")
def test_naughty_strings_are_read_as_they_are() -> None:
    for line in filter(str.strip, NAUGHTY.read_text().splitlines()):
        message = EmailMessage(SMTP)
        message["From"] = "ana@example.org"
        message.set_content(f"words {line} words")
        wanted = normalize_text(f"words {line} words")
        assert read_mail(bytes(message), "x@y.example").text == wanted


@pytest.mark.parametrize(
    "text",
    [
        "2026/1/1 " + " <@" * 20_000,
        "Am " + "schrieb " * 8_000,
        "> \n" * 20_000,
        "From: a\n" * 20_000,
        "On a wrote:\n" * 20_000,
        "\n" * 60_000,
        "This email " + "confidential " * 5_000,
        "Sent from " * 20_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_texts_that_make_patterns_slow_are_read(text: str) -> None:
    assert new_words(text, is_reply=True, is_forward=False) == text.strip()


@pytest.mark.parametrize("html", ["<div>" * 200_000, "<<" * 50_000, "&#" * 50_000, "<pre>" * 9_000])
def test_html_without_words_has_none(html: str) -> None:
    assert not any(map(str.isalpha, text_of_html(html)))


def test_html_keeps_lines_and_marks_quotes() -> None:
    html = "<p>One<br>two</p><p>three</p><blockquote>four<blockquote>five</blockquote></blockquote>"

    assert text_of_html(f"{html}<pre>six\nseven</pre>eight") == (
        "One\ntwo\n\nthree\n\n> four\n> > five\n\nsix\nseven\neight"
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div><blockquote>a</div>b", "> a\nb"),
        ("<p>a<p>b", "a\n\nb"),
        ("a</blockquote></div>b", "ab"),
        ("<p title='1 > 0'>a", "a"),
        ("<!-- <p> -->a<![if !mso]>b<?xml x?>c", "abc"),
        ("<title>x</title>a<SCRIPT>if (a<b) '</p>'</SCRIPT >b", "ab"),
        ("a &lt;b&gt; &#8217;&nbsp;&bogus; &#xe000;", "a <b> \u2019 &bogus;"),
        ("I saw 5 <people there", "I saw 5 <people there"),
        ("a<!-- b", "a<!-- b"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
    ],
)
def test_broken_html_is_read_as_browsers_show_it_and_nothing_is_lost(html: str, text: str) -> None:
    assert text_of_html(html) == text


def test_addresses_are_compared_without_case_and_tokens_have_one_form() -> None:
    ours = OurAddresses({"portland.gov": [CITY, "city@portland.example"]})
    answer = ours.answer_address("portland.gov", TAG)

    assert answer == f"311+{TAG}@portlandoregon.gov"
    assert ours.token(answer.upper()) == TAG
    assert ours.token(f"311+{TAG}@elsewhere.example") is None
    assert ours.token("311+short@portlandoregon.gov") is None
    assert ours.is_known(CITY.upper())
    assert not ours.is_known(answer)
    assert ours.city("311+anything@PortlandOregon.gov") == "portland.gov"
    assert ours.city("someone@portlandoregon.gov") is None
    assert ours.sender("portland.gov") == CITY
