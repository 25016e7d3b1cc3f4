"""HTML of e-mails as text."""

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser

_MAX_TAGS = 10_000
"""The parser takes quadratic time over deeply nested elements: a second for as many."""
_EDGE, _BREAK, _OPEN, _CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
"""The edge of a block, which starts a line unless one has started; a break, which always does."""
_MARKS = re.compile(r"[\ue000-\ue003]")
_ENDS = re.compile(r"([\ue000\ue001])")
_UNSEEN = "head, style, script, title, template"
_BLOCKS = (
    "address, article, blockquote, body, center, dd, div, dl, dt, figure, footer, form, h1, h2, h3,"
    "h4, h5, h6, header, hr, li, ol, p, pre, section, table, td, tr, ul"
)
_RULES = "hr, #divRplyFwdMsg, div[style*='border-top:solid']"
"""What stands above the head of the message that Outlook answers."""
_MARKED = (  # selector, what goes before each element and behind it; later ones stay nearest
    ("br", "", _BREAK),
    ("p", "", _BREAK),
    (_BLOCKS, _EDGE, _EDGE),
    (_RULES, f"{_EDGE}{'_' * 32}{_EDGE}", ""),
    ("blockquote", f"{_EDGE}{_OPEN}", f"{_CLOSE}{_EDGE}"),
)
_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"\s+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_MAX_DEPTH = 5


def text_of_html(html: str) -> str:
    """Return what a person sees of HTML; lines of quotes begin with ``>``, as in plain text."""
    html = _MARKS.sub("", html)
    if html.count("<") > _MAX_TAGS:
        return unescape(_TAG.sub("\n", html))
    tree = LexborHTMLParser(html)
    for node in tree.css(_UNSEEN):
        node.decompose()
    for node in tree.css("pre"):
        node.replace_with(_BREAK.join(["", *node.text().split("\n"), ""]))
    for selector, before, after in _MARKED:
        for node in tree.css(selector):
            node.insert_before(before)
            node.insert_after(after)
    return _with_lines(_BLANKS.sub(" ", tree.root.text() if tree.root else ""))


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
