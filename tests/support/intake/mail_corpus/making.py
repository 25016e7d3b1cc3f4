"""Makers of e-mails as programs write them, byte by byte."""

from typing import NamedTuple

CITY = "311@portlandoregon.gov"
ANA = "ana@example.org"
NUMBER = "26-7KQ4-M2"
"""The one number that is known."""
TAG = "abcdefghijklmnopqrstuvwxyz"
"""The one tag that answers a question."""


class Case(NamedTuple):
    """An e-mail, and what becomes of it.

    Attributes:
        name: What it is, for people.
        content: Its bytes.
        fate: ``request``, ``danger``, ``question (what)`` and so on, ``note``, ``answer``,
            ``machine`` or ``own``.
        text: The words that are read: subject and new text; of a note or an answer the text alone.
        place: The place that is read; empty for none.
        return_path: The sender of its envelope.
        pictures: Number of its pictures.
    """

    name: str
    content: bytes
    fate: str
    text: str = ""
    place: str = ""
    return_path: str = ANA
    pictures: int = 0


def mail(
    body: str | bytes,
    *,
    subject: str = "",
    sender: str = f"Ana Lopez <{ANA}>",
    kind: str = "text/plain; charset=utf-8",
    charset: str = "utf-8",
    **headers: str,
) -> bytes:
    """A message; headers are named with ``_`` for ``-``; a text in the body is encoded."""
    lines = [
        f"From: {sender}",
        f"To: {CITY}",
        *([f"Subject: {subject}"] if subject else []),
        "Date: Mon, 2 Mar 2026 12:00:00 -0800",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
    ]
    content = body.encode(charset) if isinstance(body, str) else body
    head = "\r\n".join([*lines, "", ""]).encode()
    return head + content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def parts(*bodies: str, kind: str = "mixed", **headers: str) -> bytes:
    """A message of parts, each with its own headers."""
    separated = "".join(f"--b\n{body}\n" for body in bodies)
    return mail(f"{separated}--b--\n", kind=f'multipart/{kind}; boundary="b"', **headers)


def plain(text: str, more: str = "") -> str:
    return f"Content-Type: text/plain; charset=utf-8\n{more}\n{text}"


def html(text: str) -> str:
    return f"Content-Type: text/html; charset=utf-8\n\n{text}"
