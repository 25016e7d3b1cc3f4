"""Parts of an e-mail: its text, its pictures, and the names of its other files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import PurePath

from services.intake.channels.mail.rules.charsets import decode
from services.intake.channels.mail.rules.headers import header, text_of
from services.intake.channels.mail.rules.html_text import text_of_html

_DECORATION_BYTES = 8 * 1024
"""Pictures within the text of fewer bytes are logos and marks of receipt, no photographs."""
_PICTURE_NAMES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"})
_TEXTS = frozenset({"text/plain", "text/html"})
_MAX_FILE_NAME = 100


@dataclass(slots=True)
class Parts:
    """The parts of a message.

    Attributes:
        texts: Its text, part by part; lines end with LF.
        pictures: The bytes of what may be pictures.
        others: Names of attached files of other kinds.
    """

    texts: list[str] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def parts_of(message: Message) -> Parts:
    """Return the parts of a message; of alternatives the plainest with a text."""
    found = Parts()
    _add(message, found)
    return found


def _add(part: Message, found: Parts) -> None:
    kind = part.get_content_type()
    if kind == "multipart/alternative":
        _add_alternative(part, found)
    elif part.is_multipart():
        for child in _children(part):
            if kind == "message/rfc822":
                found.texts.append(header(child, "subject"))
            _add(child, found)
    else:
        _add_leaf(part, kind, found)


def _add_leaf(part: Message, kind: str, found: Parts) -> None:
    is_text = kind in _TEXTS or kind.startswith("multipart/")  # without its boundary, as it is
    if is_text and not _is_attached(part):
        found.texts.append(_text(part))
    elif kind.startswith("image/") or _is_picture_by_name(part):
        _add_picture(part, found)
    elif _is_attached(part):
        found.others.append(_file_name(part) or kind)


def _add_alternative(part: Message, found: Parts) -> None:
    """Add the first alternative that has a text, and what else comes with the others."""
    has_text = False
    for child in _children(part):
        alternative = Parts()
        _add(child, alternative)
        if not has_text and any(text.strip() for text in alternative.texts):
            found.texts += alternative.texts
            has_text = True
        found.pictures += alternative.pictures
        found.others += alternative.others


def _add_picture(part: Message, found: Parts) -> None:
    content = _content(part)
    is_decoration = part.get("content-id") is not None and not _is_attached(part)
    if content and not (is_decoration and len(content) < _DECORATION_BYTES):
        found.pictures.append(content)


def _children(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (child for child in payload if isinstance(child, Message))


def _text(part: Message) -> str:
    text = decode(_content(part), _parameter(part.get_param("charset")))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text_of_html(text) if part.get_content_subtype() == "html" else text.strip()


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part))


def _is_picture_by_name(part: Message) -> bool:
    suffix = PurePath(_file_name(part)).suffix.lower()
    return part.get_content_type() == "application/octet-stream" and suffix in _PICTURE_NAMES


def _file_name(part: Message) -> str:
    return text_of(part.get_filename() or "")[:_MAX_FILE_NAME]


def _parameter(value: object) -> str | None:
    """Return a parameter as text, also one in the form of RFC 2231."""
    return str(value[2]) if isinstance(value, tuple) else value if isinstance(value, str) else None
