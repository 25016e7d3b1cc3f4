"""The new words of an e-mail: without quotes, signature and disclaimer."""

import re
from collections.abc import Sequence

import quotequail

# Lines in which quotes are searched for: the search takes quadratic time.
_MAX_SEARCHED = 400
# Lines that make a quote; more of them in a row add nothing.
_ENOUGH_QUOTED = 3
# Longer lines introduce no quote, and the patterns take more than linear time over them.
_MAX_LINE = 300
_LONG = "\ue000"
_LONG_LINE = re.compile(rf"{_LONG}(\d+){_LONG}")
_FORWARDED = re.compile(
    r"^[ \t>*_=-]{0,40}(?:begin forwarded message|forwarded message"
    r"|(?:inicio del )?mensaje reenviado|weitergeleitete nachricht|message transf[eé]r[eé])\b",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(r"\s*>")
_INTRODUCTION = re.compile(r".*(?:@|\d).*[:\uff1a]\s*")
_SIGNATURE = re.compile(r"--\s*|_{2,5}\s*|\u2014\s*")
_MAX_SIGNATURE = 15
_SENT_FROM = re.compile(
    r"\W*(?:sent (?:from|via|with) .{1,60}|get outlook for .{1,80}"
    r"|(?:enviado|mandado) desde .{1,60}|obt[eé]n(?:er)? outlook para .{1,80}"
    r"|von mein\w+ .{1,40} gesendet|envoy[eé] de mon .{1,40})\W*",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\W*(?:(?:this|the information (?:contained )?in this) (?:e-?mail|message|communication)\b"
    r".*\b(?:confidential|privileged|intended)|confidentiality notice|disclaimer\b"
    r"|if you are not the intended|please consider the environment"
    r"|este (?:correo|mensaje|e-?mail)\b.*\b(?:confidencial|destinatario)|aviso (?:legal|de conf))",
    re.IGNORECASE | re.DOTALL,
)
_MAX_OPENING = 400
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")


def new_words(text: str, *, is_reply: bool, is_forward: bool) -> str:
    """Return the own words of a message; the whole text where that would be nothing.

    A forwarded message is no quote. Lines end with LF.
    """
    text = text.replace(_LONG, "").strip()
    words = text if is_forward else _without_quotes(text, is_reply=is_reply)
    return _without_signature(words) or text


def _without_quotes(text: str, *, is_reply: bool) -> str:
    every = text.split("\n")
    lines = _with_short_quotes(every)
    lines, rest = lines[:_MAX_SEARCHED], lines[_MAX_SEARCHED:]
    short = [_short(line, number) for number, line in enumerate(lines)]
    found = quotequail.unwrap("\n".join(short))
    if found is None or _is_no_quote(found["type"], text, is_reply=is_reply):
        return _without_marked(every) if is_reply else text
    parts = [found.get("text_top", ""), found.get("text_bottom", "")]
    own = _LONG_LINE.sub(lambda match: lines[int(match[1])], "\n\n".join(filter(None, parts)))
    return _without_marked([*own.split("\n"), *(rest if parts[1] else [])])


def _with_short_quotes(lines: Sequence[str]) -> list[str]:
    """Return the lines with at most three of each run that ``>`` marks as quoted."""
    kept: list[str] = []
    run = 0
    for line in lines:
        run = run + 1 if _QUOTED.match(line) else 0
        if run <= _ENOUGH_QUOTED:
            kept.append(line)
    return kept


def _short(line: str, number: int) -> str:
    if len(line) <= _MAX_LINE:
        return line
    mark = ">" if _QUOTED.match(line) else ""
    return f"{mark}{_LONG}{number}{_LONG}"


def _is_no_quote(found: str, text: str, *, is_reply: bool) -> bool:
    is_passed_on = _FORWARDED.search(text) is not None
    return (found == "forward" and (is_passed_on or not is_reply)) or (
        found == "quote" and not is_reply
    )


def _without_marked(lines: Sequence[str]) -> str:
    """Return the lines without those that ``>`` marks as quoted, and without their introductions.

    An introduction has a date or an address and ends with a colon.
    """
    own: list[str] = []
    for line in lines:
        if not _QUOTED.match(line):
            own.append(line)
            continue
        while own and not own[-1].strip():
            own.pop()
        if own and len(own[-1]) <= _MAX_LINE and _INTRODUCTION.fullmatch(own[-1]):
            own.pop()
    return "\n".join(own).strip()


def _without_signature(text: str) -> str:
    """Return the text without disclaimers, signature and the mark of a telephone at its end."""
    paragraphs = _PARAGRAPHS.split(text)
    while paragraphs and _DISCLAIMER.match(paragraphs[-1][:_MAX_OPENING]):
        paragraphs.pop()
    lines = "\n\n".join(paragraphs).rstrip().split("\n")
    for number in range(max(0, len(lines) - _MAX_SIGNATURE), len(lines)):
        if _SIGNATURE.fullmatch(lines[number]):
            lines = lines[:number]
            break
    while lines and (not lines[-1].strip() or _SENT_FROM.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines).strip()
