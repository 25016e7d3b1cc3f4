"""E-mails whose shape costs time or memory, by size; each is small beside a photograph."""

from base64 import b64encode
from collections.abc import Callable, Mapping

from tests.support.intake.mail_corpus.making import mail, parts, plain

_HTML = "text/html; charset=utf-8"
WORDS = "There is a deep pothole at NE 33rd and Fremont."


def _html(markup: str) -> bytes:
    return mail(f"<p>{WORDS}</p>{markup}", kind=_HTML)


def _headers(*lines: str) -> bytes:
    return "\r\n".join([*lines, "From: ana@example.org", "", WORDS, ""]).encode()


def _nested(depth: int, lines: int) -> bytes:
    heads = "".join(
        f'--{n}\nContent-Type: multipart/mixed; boundary="{n + 1}"\n\n' for n in range(depth)
    )
    return mail(heads + "\n" * lines + WORDS, kind='multipart/mixed; boundary="0"')


def _forwarded(depth: int) -> bytes:
    return mail("Content-Type: message/rfc822\n\n" * depth + WORDS, kind="message/rfc822")


def _named(count: int) -> bytes:
    head = "Content-Type: application/pdf\nContent-Disposition: attachment; filename="
    return parts(plain(WORDS), *[f"{head}{n:090}.pdf\n\nx" for n in range(count)])


def _disposed(parameters: str) -> bytes:
    return parts(plain(WORDS), f"Content-Disposition: attachment{parameters}\n\nx")


def _encoded(words: str, encoding: str) -> bytes:
    return mail(words, Content_Transfer_Encoding=encoding)


ATTACKS: Mapping[str, Callable[[int], bytes]] = {
    "attributes of one tag": lambda n: _html(f"<p {' '.join(f'a{i}=' for i in range(n))}>"),
    "attributes behind a quoted >": lambda n: _html(
        f'<p a=">" {" ".join(f"a{i}" for i in range(n))}>'
    ),
    "open tags": lambda n: _html("<div>" * n),
    "tags that never close their kind": lambda n: _html("<blockquote></div>" * n),
    "formatting tags": lambda n: _html("<b><p>" * n),
    "tables in cells": lambda n: _html("<table><tr><td>" * n),
    "closing tags": lambda n: _html("<i>" * n + "</u>" * n),
    "open comments": lambda n: _html("<!--" * n),
    "open quotes": lambda n: _html("<p a='" * n),
    "open scripts": lambda n: _html("<script>" * n),
    "brackets": lambda n: _html("<" * 2 * n + "&" * n),
    "character references": lambda n: _html(f"&#{'9' * n};" + "&#" * n + "&amp" * n),
    "pre": lambda n: _html("<pre>\n" * n),
    "parameters": lambda n: mail(WORDS, kind="text/plain" + ";a=b" * n),
    "semicolons": lambda n: mail(WORDS, kind="text/plain;" + ";" * n),
    "open quotes in parameters": lambda n: mail(WORDS, kind='text/plain; a="' + ';\\"' * n),
    "parameters of a disposition": lambda n: _disposed('; filename="x;' * n),
    "continued parameters": lambda n: _disposed("".join(f"; filename*{i}*=%41" for i in range(n))),
    "boundaries": lambda n: parts(plain(WORDS), *["" for _ in range(n)]),
    "boundaries without lines between": lambda n: mail(
        "--b\n" * n + WORDS, kind="multipart/mixed; boundary=b"
    ),
    "alternatives": lambda n: parts(*[plain("") for _ in range(n)], kind="alternative"),
    "headers": lambda n: _headers(*["a: b"] * n),
    "headers of a part": lambda n: parts("a: b\n" * n + plain(WORDS)),
    "folds of a header": lambda n: _headers("Subject: x" + "\r\n y" * n),
    "encoded words": lambda n: _headers("Subject: " + "=?utf-8?b?eA==?= " * n),
    "open encoded words": lambda n: _headers("Subject: " + "=?utf-8?q?" * n),
    "blanks in a subject": lambda n: _headers("Subject: Re" + " " * n + "x"),
    "Re: in a subject": lambda n: _headers("Subject: " + "Re:" * n + "x"),
    "addresses": lambda n: _headers("From: " + "Ana <ana@example.org>, " * n),
    "groups of addresses": lambda n: _headers("From: " + "a:" * n),
    "comments in From": lambda n: _headers("From: " + "(" * n),
    "quotes in From": lambda n: _headers("From: " + '"\\' * n),
    "references": lambda n: _headers("References: " + "<a@b.c> " * n),
    "open references": lambda n: _headers("References: " + "<a" * n),
    "Message-ID": lambda n: _headers(f"Message-ID: <{'x' * n}@y>"),
    "parts in each other": lambda n: _nested(n, 0),
    "lines in nested parts": lambda n: _nested(18, n),
    "messages in each other": _forwarded,
    "names of files": _named,
    "soft line breaks": lambda n: _encoded("=\n" * n + WORDS, "quoted-printable"),
    "one quoted-printable line": lambda n: _encoded("=41" * n, "quoted-printable"),
    "base64 with junk": lambda n: _encoded(
        "\n!".join(b64encode(WORDS.encode() * n).decode()), "base64"
    ),
    "uuencode": lambda n: _encoded("begin 666 x\n" + "!\n" * n, "x-uuencode"),
    "UTF-7": lambda n: mail("+AGE-" * n, kind="text/plain; charset=utf-7"),
    "a codec that unpacks": lambda n: mail("x" * n, kind="text/plain; charset=zlib_codec"),
    "IDNA": lambda n: mail("xn--" * n, kind="text/plain; charset=idna"),
    "Punycode in a parameter": lambda n: _disposed(f"; filename*=punycode''{'a9' * n}"),
    "quoted lines": lambda n: mail("> \n" * n + WORDS, subject="Re: x"),
    "introductions": lambda n: mail("On 1/1 a@b wrote:\n> x\n" * n, subject="Re: x"),
    "empty lines": lambda n: mail("\n" * n + WORDS),
    "blank lines": lambda n: mail(" \t\n" * n + WORDS),
    "one line of blanks": lambda n: mail("x" + " " * n + "x", subject="Re: x"),
    "one line of dashes": lambda n: mail(WORDS + "\n" + "-" * n, subject="Re: x"),
    "combining marks": lambda n: mail("a" + "\u0300\u0323" * n),
}
"""Makers of messages from a number of repetitions."""
