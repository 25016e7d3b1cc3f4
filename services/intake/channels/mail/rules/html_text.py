"""HTML of e-mails as text, in linear time: a tokenizer without a tree."""

import re
from collections import Counter
from collections.abc import Mapping
from html import unescape
from types import MappingProxyType

_MAX_TAGS = 100_000
_EDGE, _BREAK, _OPEN, _CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
"""The edge of a block, which starts a line unless one has started; a break, which always does."""
_MARKS = re.compile(r"[\ue000-\ue003]")
_ENDS = re.compile(r"([\ue000\ue001])")
_TOKEN = re.compile(
    r"""
    <!--.*?(?:-->|\Z)
    | <(?P<unseen>script|style|template|title)\b.*?(?:</(?P=unseen)\b[^>]*+(?:>|\Z)|\Z)
    | <(?P<end>/?)(?P<name>[a-z][^\s/>]*+)
      (?P<attributes>(?:[^=>]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+)*+)(?:>|\Z)
    | <[!?/][^>]*+(?:>|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
"""Each alternative matches once it has begun, if need be to the end: nothing is searched twice."""
_BLOCK_NAMES = (
    "address article body center dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header li ol "
    "section table td tr ul"
)
_BLOCKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(_BLOCK_NAMES.split(), (_EDGE, _EDGE)),
        "p": (_EDGE, f"{_EDGE}{_BREAK}"),
        "pre": (_BREAK, _BREAK),
        "blockquote": (f"{_EDGE}{_OPEN}", f"{_CLOSE}{_EDGE}"),
    }
)
"""The marks at the start and at the end of each element that has lines of its own."""
_RULE = f"{_EDGE}{'_' * 32}{_EDGE}"
_RULE_ID = re.compile(r"\bid\s*=\s*[\"']?divRplyFwdMsg\b")
_RULE_STYLE = "border-top:solid"
"""What stands above the head of the message that Outlook answers."""
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});?", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][a-z0-9]*+(?:\s[^<>]*+)?/?>", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_MAX_DEPTH = 5


def text_of_html(html: str) -> str:
    """Return what a person sees of HTML; lines of quotes begin with ``>``, as in plain text."""
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
    """Turns tags into marks.

    Attributes:
        pieces: Texts and marks, in order.
    """

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
    """Return the text with the lines that its marks stand for."""
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
