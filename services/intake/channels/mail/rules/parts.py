"""Parts of an e-mail: its text, its pictures, and the names of its other files."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from html import unescape
from pathlib import PurePath
from types import MappingProxyType

from services.intake.channels.mail.rules.headers import decode, header, text_of

_MAX_TAGS = 100_000
# The edge of a block, which starts a line unless one has started; a break, which always does.
_EDGE, _BREAK, _OPEN, _CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
_MARKS = re.compile(r"[\ue000-\ue003]")
_ENDS = re.compile(r"([\ue000\ue001])")
# Each alternative matches once it has begun, if need be to the end: nothing is searched twice.
_TOKEN = re.compile(
    r"""
    <!--.*?(?:-->|\Z)
    | <(?P<unseen>script|style|template|title)\b.*?(?:</(?P=unseen)\b[^>]*+(?:>|\Z)|\Z)
    | <(?P<end>/?)(?P<name>[a-z][^\s/>]*+)
      (?P<attributes>(?>(?:[^=>]++|=\s*+(?>(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?))*))(?:>|\Z)
    | <[!?/][^>]*+(?:>|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BLOCK_NAMES = (
    "address article body center dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header li ol "
    "section table td tr ul"
)
# The marks at the start and at the end of each element that has lines of its own.
_BLOCKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(_BLOCK_NAMES.split(), (_EDGE, _EDGE)),
        "p": (_EDGE, f"{_EDGE}{_BREAK}"),
        "pre": (_BREAK, _BREAK),
        "blockquote": (f"{_EDGE}{_OPEN}", f"{_CLOSE}{_EDGE}"),
    }
)
_RULE = f"{_EDGE}{'_' * 32}{_EDGE}"
_RULE_ID = re.compile(r"\bid\s*=\s*[\"']?divRplyFwdMsg\b")
# What stands above the head of the message that Outlook answers.
_RULE_STYLE = "border-top:solid"
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});?", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][a-z0-9]*+(?:\s[^<>]*+)?/?>", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_MAX_DEPTH = 5


def text_of_html(html: str) -> str:
    """Return the visible text of HTML; lines of quotes begin with ``>``, as in plain text."""
    html = _MARKS.sub("", html)
    if html.count("<") > _MAX_TAGS:
        return without_tags(html)
    reader, end = _Reader(), 0
    for token in _TOKEN.finditer(html):
        reader.add_text(html[end : token.start()])
        end = token.end()
        if end == len(html) and not token[0].endswith(">"):
            reader.add_text(token[0])  # it never ends: rather read as text than lost
        elif token["name"]:
            reader.add_tag(token["name"].lower(), token["attributes"], is_end=bool(token["end"]))
    reader.add_text(html[end:])
    return _with_lines(_BLANKS.sub(" ", _unescaped("".join(reader.pieces))))


def without_tags(text: str) -> str:
    """Return a text with a line end for each tag in it, and without character references."""
    return _unescaped(_TAG.sub("\n", text))


class _Reader:
    """Turns tags into marks."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._open: list[str] = []
        self._count: Counter[str] = Counter()

    def add_text(self, text: str) -> None:
        self.pieces.append(text.replace("\n", _BREAK) if self._count["pre"] else text)

    def add_tag(self, name: str, attributes: str, *, is_end: bool) -> None:
        if name == "br":
            self.pieces.append(_BREAK)
        elif is_end:
            self._end(name)
        else:
            if name in _BLOCKS or name == "hr":
                self._end_paragraph()
            if _is_rule(name, attributes):
                self.pieces.append(_RULE)
            if name in _BLOCKS:
                self._start(name)

    def _start(self, name: str) -> None:
        self._open.append(name)
        self._count[name] += 1
        self.pieces.append(_BLOCKS[name][0])

    def _end(self, name: str) -> None:
        """End the innermost element of a name, and those in it; none for a stray end tag."""
        is_open = self._count[name] > 0
        while is_open:
            ended = self._open.pop()
            self._count[ended] -= 1
            self.pieces.append(_BLOCKS[ended][1])
            is_open = ended != name

    def _end_paragraph(self) -> None:
        if self._open and self._open[-1] == "p":
            self._end("p")


def _is_rule(name: str, attributes: str) -> bool:
    return (
        name == "hr"
        or (name == "div" and _RULE_STYLE in attributes)
        or _RULE_ID.search(attributes) is not None
    )


def _unescaped(text: str) -> str:
    return _REFERENCE.sub(lambda found: _MARKS.sub("", unescape(found[0])), text)


def _with_lines(text: str) -> str:
    lines, depth = [""], 0
    for part in _ENDS.split(text):
        if part == _BREAK or (part == _EDGE and lines[-1]):
            lines.append("")
        if part in {_BREAK, _EDGE}:
            continue
        depth += part.count(_OPEN)
        if line := _MARKS.sub("", part).strip():
            lines[-1] = "> " * min(depth, _MAX_DEPTH) + line
        depth -= part.count(_CLOSE)
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


# Pictures within the text of fewer bytes are logos and marks of receipt, no photographs.
_DECORATION_BYTES = 8 * 1024
_PICTURE_NAMES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"})
_TEXTS = frozenset({"text/plain", "text/html"})
_MAX_FILE_NAME = 100


@dataclass(slots=True)
class Parts:
    """The parts of a message: texts with LF line ends, possible pictures, names of other files."""

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
