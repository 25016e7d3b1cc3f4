"""Headers of e-mails as text, however broken, and their author, person or machine."""

import binascii
import codecs
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from email.message import Message
from email.utils import getaddresses
from itertools import groupby
from quopri import decodestring
from types import MappingProxyType
from typing import NamedTuple

from shared.email_address import normalize_email

_FALLBACK = "cp1252"
_WIDER: Mapping[str, str] = MappingProxyType(
    {  # as browsers read them: what programs write under these names
        "ascii": _FALLBACK,
        "iso8859-1": _FALLBACK,
        "iso8859-9": "cp1254",
        "iso8859-11": "cp874",
        "tis-620": "cp874",
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "euc_kr": "cp949",
        "shift_jis": "cp932",
    }
)
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"})


def decode(content: bytes, charset: str | None) -> str:
    """Return bytes as text, in the charset that they claim, or else UTF-8, or else Windows-1252."""
    name = _codec(charset)
    candidates = ("utf-8", name) if name == _FALLBACK else (name, "utf-8")
    for candidate in candidates:
        try:
            text = content.decode(candidate)
            return text.encode(errors="replace").decode()  # lone surrogates cannot be stored
        except ValueError:
            continue
    return content.decode(_FALLBACK, errors="replace")


def _codec(charset: str | None) -> str:
    try:
        info = codecs.lookup((charset or "utf-8").strip().lower())
    except (LookupError, ValueError):
        return "utf-8"
    is_charset = info._is_text_encoding and info.name not in _NO_CHARSETS  # noqa: SLF001 - no other way
    return _WIDER.get(info.name, info.name) if is_charset else "utf-8"


_MAX_HEADER = 10_000
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WORD = r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?="
_ONE_WORD = re.compile(_WORD)
_WORDS = re.compile(rf"{_WORD}(?:\s*{_WORD})*")
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,498}>")
_MAX_REFERENCES = 50
_MAX_NAME = 500


class Author(NamedTuple):
    """The person in ``From``; the address is None if no mail can be sent to it."""

    address: str | None
    name: str | None


def header(message: Message, name: str) -> str:
    """Return the first header of a name as one line of text; empty without one."""
    return text_of(next(_raw(message, name), ""))


def author(message: Message) -> Author:
    """Return the author of a message, the first of several; none of a hostile one."""
    raw = next(_raw(message, "from"), "")
    try:
        name, address = next(iter(getaddresses([raw])), ("", ""))
    except RecursionError:  # of comments in comments
        return Author(None, None)
    usable = address if normalize_email(address) else None
    return Author(usable, text_of(name)[:_MAX_NAME] or None)


def message_id(message: Message) -> str | None:
    """Return the ``Message-ID``; None without one of the standard's form."""
    found = _MESSAGE_ID.fullmatch(header(message, "message-id"))
    return found[0] if found else None


def references(message: Message) -> tuple[str, ...]:
    """Return the ids of the messages that a message answers, the nearest first."""
    lines = [header(message, "in-reply-to"), header(message, "references")]
    ids = [one for line in lines for one in reversed(_MESSAGE_ID.findall(line))]
    return tuple(dict.fromkeys(ids))[:_MAX_REFERENCES]


def text_of(raw: str) -> str:
    """Return a value of a header as one line of text: decoded, and without control characters."""
    content = raw.encode(errors="surrogateescape")
    return _CONTROL.sub(" ", decode_words(decode(content, None))).strip()


def decode_words(text: str) -> str:
    """Return the text with its encoded words (RFC 2047) decoded; broken ones stay."""
    return _WORDS.sub(lambda run: "".join(_decoded(run[0])), text)


def _raw(message: Message, name: str) -> Iterator[str]:
    for key, value in message.raw_items():
        if key.lower() == name:
            content = str(value)[:_MAX_HEADER].encode(errors="surrogateescape")
            yield _FOLD.sub(" ", decode(content, None))


def _decoded(run: str) -> Iterator[str]:
    """Yield the text of encoded words; a letter may be cut between two of the same charset."""
    words = _ONE_WORD.findall(run)
    for charset, group in groupby(words, key=lambda word: word[0].lower()):
        try:
            content = b"".join(_bytes(encoding, word) for _, encoding, word in group)
        except (binascii.Error, ValueError):
            yield run
            return
        yield decode(content, charset)


def _bytes(encoding: str, word: str) -> bytes:
    content = word.encode()
    if encoding in "qQ":
        return decodestring(content, header=True)
    return b64decode(content + b"=" * (-len(content) % 4))


_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-response", "list-id")
_DAEMONS = frozenset({"mailer-daemon", "postmaster"})
_NO_REPLIES = frozenset({"noreply", "no-reply", "donotreply", "do-not-reply"})


def is_by_machine(message: Message, return_path: str, address: str | None) -> bool:
    """Return True for a message that gets no answer and is no report."""
    submitted = header(message, "auto-submitted").partition(";")[0].strip().lower()
    return (
        return_path in {"", "<>"}
        or submitted not in {"", "no"}
        or header(message, "precedence").lower() in _BULK
        or any(header(message, name) for name in _AUTOMATIC)
        or message.get_content_type() == "multipart/report"
        or _mailbox(address) in _DAEMONS
    )


def takes_answers(address: str | None) -> bool:
    """Return False for an unread mailbox, or none."""
    return address is not None and _mailbox(address) not in _NO_REPLIES


def _mailbox(address: str | None) -> str:
    return (address or "").partition("@")[0].lower()
