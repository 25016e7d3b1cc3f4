"""An e-mail as read: author, subject, new text, and files; parsed under limits."""

import re
from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Policy, compat32
from hashlib import sha256
from typing import NamedTuple

from typing_extensions import override

from services.intake.channels.mail.rules.addresses import ReturnReport, read_report
from services.intake.channels.mail.rules.headers import (
    author,
    decode,
    header,
    is_by_machine,
    message_id,
    references,
)
from services.intake.channels.mail.rules.parts import Parts, parts_of, without_tags
from services.intake.channels.mail.rules.quotes import new_words
from shared.text_matching.normalization import normalize_text

_MAX_HEADERS = 1_000
# Characters of the value of a header; what is behind them is not read.
_MAX_HEADER_VALUE = 10_000
# Characters of a ``Content-…`` header: its parameters take quadratic time.
_MAX_STRUCTURED = 2_000
# Bytes of a head that is read without its body.
_MAX_HEAD = 1_000_000
_MAX_PARTS = 1_000
_MAX_DEPTH = 20


class MimeLimitError(ValueError):
    """A message with more parts, or deeper nesting, than people and their programs send."""


class BoundedMessage(Message):
    """A message or part with bounded headers and nesting."""

    depth = 0

    @override
    def set_raw(self, name: str, value: str) -> None:
        """Add a header as the parser read it; excess headers and characters are left out."""
        if len(self) < _MAX_HEADERS:
            most = _MAX_STRUCTURED if name.lower().startswith("content-") else _MAX_HEADER_VALUE
            super().set_raw(name, value[:most])

    @override
    def attach(self, payload: "BoundedMessage") -> None:  # type: ignore[override]
        """Add a part."""
        payload.depth = self.depth + 1
        if payload.depth > _MAX_DEPTH:
            raise MimeLimitError
        super().attach(payload)


def parse(content: bytes) -> Message:
    """Return a message with its parts."""
    return message_from_bytes(content, _CountedParts(), policy=compat32)


def parse_head(content: bytes) -> Message:
    """Return a message without its body."""
    return BytesHeaderParser(BoundedMessage, policy=compat32).parsebytes(content[:_MAX_HEAD])


class _CountedParts:
    def __init__(self) -> None:
        self._left = _MAX_PARTS

    def __call__(self, policy: "Policy[Message]" = compat32) -> BoundedMessage:
        self._left -= 1
        if self._left < 0:
            raise MimeLimitError
        return BoundedMessage(policy)


# Characters of the new text of a message: a description and seven notes.
MAX_WORDS = 32_000
# Characters of the whole text; in a longer one no new text is searched for.
_MAX_TEXT = 1_000_000
# Headers that every server on the way adds.
_TRACE = frozenset(
    {"received", "return-path", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to"}
)
_PREFIX = re.compile(
    r"\s*+(?:(?P<reply>re|aw|antw|sv|ref|rif|res|odp)|(?P<forward>fw|fwd|rv|wg|tr|enc|reenv))"
    r"\s*+(?:\[\d{1,3}\]\s*+)?[:\uff1a]\s*+",
    re.IGNORECASE,
)
_MAX_SUBJECT = 500
# Names of attached files; the description has them.
_MAX_NAMES = 20


class Mail(NamedTuple):
    """A message as read; the text is new and normalized, its pictures may be none."""

    id: str  # its `Message-ID`, or else `own_id`
    own_id: str  # `sha256:` and the digest of all its bytes
    digest: bytes  # digest of what its author sent, without headers of servers on the way
    is_by_machine: bool
    report: ReturnReport | None  # a bounce or complaint about a message of ours
    address: str | None  # None for one that no mail can be sent to
    name: str | None
    subject: str
    text: str
    is_too_long: bool  # True when `text` is only the beginning
    attached: str  # names of the first attached files that are not kept
    references: tuple[str, ...]  # ids of the messages that it answers, the nearest first
    pictures: tuple[bytes, ...]

    @property
    def words(self) -> str:
        """Subject and new text, without a subject that the text begins with."""
        subject, text = self.subject, self.text
        if not subject or text.casefold().startswith(subject.casefold()):
            return text
        return f"{subject}\n\n{text}" if text else subject


def read_mail(content: bytes, return_path: str) -> Mail:
    """Read a message; one that cannot be parsed is read plainly."""
    try:
        message = parse(content)
        return _mail(message, parts_of(message), content, return_path)
    except Exception:  # noqa: BLE001 - the parser raises almost anything
        return read_plainly(content, return_path)


def read_plainly(content: bytes, return_path: str) -> Mail:
    """Read a message with its whole body as text, without tags; parts are not parsed."""
    text = without_tags(decode(_body(content), None).replace("\r\n", "\n"))
    return _mail(parse_head(content), Parts(texts=[text]), content, return_path)


def _mail(message: Message, parts: Parts, content: bytes, return_path: str) -> Mail:
    subject, is_reply, is_forward = _subject(header(message, "subject"))
    answers = references(message)
    text = "\n\n".join(filter(None, parts.texts)).strip()
    is_too_long = len(text) > _MAX_TEXT
    text = normalize_text(text[:_MAX_TEXT])
    if not is_too_long:
        text = new_words(text, is_reply=is_reply or bool(answers), is_forward=is_forward)
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
        text=text[:MAX_WORDS],
        is_too_long=is_too_long or len(text) > MAX_WORDS,
        attached=_listed(parts.others),
        references=answers,
        pictures=tuple(parts.pictures),
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


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
