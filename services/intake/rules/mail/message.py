"""An e-mail as it is read: who wrote it, about what, and what they wrote."""

import re
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from hashlib import sha256
from typing import NamedTuple

from services.intake.rules.mail.charsets import decode
from services.intake.rules.mail.headers import author, header, message_id, references
from services.intake.rules.mail.machines import is_by_machine
from services.intake.rules.mail.parts import Parts, parts_of
from services.intake.rules.mail.quotes import new_words
from services.intake.rules.mail.returns import ReturnReport, read_report
from services.intake.rules.text import normalize_text

MAX_WORDS = 100_000
"""Characters of the new text of a message: 25 notes."""
_MAX_PARTS = 2_000
_PART = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)
_TRACE = frozenset(
    {"received", "return-path", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to"}
)
"""Headers that every server on the way adds."""
_PREFIX = re.compile(
    r"\s*(?:(?P<reply>re|aw|antw|sv|ref|rif|res|odp)|(?P<forward>fw|fwd|rv|wg|tr|enc|reenv))"
    r"\s*(?:\[\d{1,3}\])?\s*[:\uff1a]\s*",
    re.IGNORECASE,
)
_MAX_SUBJECT = 500


class Mail(NamedTuple):
    """A message as it is read.

    Attributes:
        id: Its ``Message-ID``, or ``sha256:`` and the digest of all its bytes.
        own_id: ``sha256:`` and the digest of all its bytes.
        digest: Digest of what its author sent, without what servers add on the way.
        is_by_machine: True for a message that a machine wrote.
        report: What it reports about a message of ours; None for any other mail.
        address: Its author's address; None for one that no mail can be sent to.
        name: Its author's name.
        subject: Without ``Re:`` and ``Fwd:``.
        text: The new text, normalized; empty without one.
        attached: Names of the attached files that are not kept; empty without one.
        references: Ids of the messages that it answers, the nearest first.
        pictures: The bytes of what may be pictures.
    """

    id: str
    own_id: str
    digest: bytes
    is_by_machine: bool
    report: ReturnReport | None
    address: str | None
    name: str | None
    subject: str
    text: str
    attached: str
    references: tuple[str, ...]
    pictures: tuple[bytes, ...]

    @property
    def words(self) -> str:
        """Subject and new text, without a subject that the text begins with."""
        subject, text = self.subject, self.text
        if not subject or text.casefold().startswith(subject.casefold()):
            return text
        return f"{subject}\n\n{text}" if text else subject


def read_mail(content: bytes, return_path: str) -> Mail:
    """Return a message as it is read. Never fails: what cannot be parsed is read as plain text.

    Args:
        content: The message as it came.
        return_path: The sender of its envelope; empty for none.
    """
    message, parts = _parsed(content)
    subject, is_reply, is_forward = _subject(header(message, "subject"))
    answers = references(message)
    text = normalize_text("\n\n".join(filter(None, parts.texts)))
    words = new_words(text, is_reply=is_reply or bool(answers), is_forward=is_forward)
    own_id = f"sha256:{sha256(content).hexdigest()}"
    address, name = author(message)
    return Mail(
        id=message_id(message) or own_id,
        own_id=own_id,
        digest=_digest(message, content),
        is_by_machine=is_by_machine(message, return_path, address),
        report=read_report(message),
        address=address,
        name=name,
        subject=normalize_text(subject)[:_MAX_SUBJECT],
        text=words,
        attached=", ".join(parts.others),
        references=answers,
        pictures=tuple(parts.pictures),
    )


def _parsed(content: bytes) -> tuple[Message, Parts]:
    if len(_PART.findall(content)) <= _MAX_PARTS:
        try:
            message = message_from_bytes(content, policy=compat32)
            return message, parts_of(message)
        except Exception:  # noqa: BLE001, S110 - the parser raises almost anything
            pass
    message = BytesHeaderParser(policy=compat32).parsebytes(content)
    return message, Parts(texts=[decode(_body(content), None).replace("\r\n", "\n")])


def _body(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[2]


def _digest(message: Message, content: bytes) -> bytes:
    kept = [f"{name}: {value}" for name, value in message.items() if name.lower() not in _TRACE]
    head = "\n".join(kept).encode(errors="surrogateescape")
    return sha256(head + b"\n\n" + _body(content)).digest()


def _subject(subject: str) -> tuple[str, bool, bool]:
    """Return the subject without its prefixes, and whether one says a reply, or a forward."""
    is_reply = is_forward = False
    while match := _PREFIX.match(subject):
        is_reply |= match["reply"] is not None
        is_forward |= match["forward"] is not None
        subject = subject[match.end() :]
    return subject, is_reply, is_forward
