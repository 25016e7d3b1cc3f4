"""E-mail addresses in free text, however they are written."""

import re
from collections.abc import Iterator

from shared.redaction.reading import Reading, Span
from shared.redaction.word_lists import NO_MAILBOXES

_SPELLED_DOT = "\x1f"  # a dot that was a word or in brackets: no sentence has one
_TLDS = (
    "com|net|org|edu|gov|mil|int|info|biz|name|pro|io|co|us|ca|mx|uk|ie|es|pt|fr|de|nl|ch|se|dk|fi"
    "|pl|cz|ru|ua|ro|gr|tr|il|in|jp|cn|hk|tw|kr|vn|ph|au|nz|za|br|ar|cl|pe|ve|cr|gt|hn|sv|tv|cc|app"
    "|dev|xyz|online|site|shop|club|top|email|me|eu"
)
_UNSPACED_TLDS = frozenset({"me", "in", "pro", "name", "top", "club", "email", "shop", "site"})
_SPACED_TLDS = "|".join(tld for tld in _TLDS.split("|") if tld not in _UNSPACED_TLDS)
_PROVIDERS = (
    "gmail|googlemail|yahoo|ymail|hotmail|outlook|icloud|aol|live|msn|protonmail|proton|comcast"
    "|verizon|att|sbcglobal|gmx|mail|me|mac|fastmail|tutanota|zoho|yandex|qq"
)
_SURE_PROVIDERS = (
    "gmail|googlemail|yahoo|ymail|hotmail|outlook|icloud|aol|msn|protonmail|comcast|gmx"
)
_LOCAL = rf"\w.+%'{_SPELLED_DOT}-"
_SEPARATOR = (
    r"\s{1,2}(?:dot|punto|underscore|gui[o\u00f3]n(?: bajo)?|dash|hyphen|plus|m[a\u00e1]s)\s{1,2}"
)
_NAME = rf"(?<![{_LOCAL}])(?>(?:[{_LOCAL}]++{_SEPARATOR}){{0,4}})[{_LOCAL}]++"
_LABELS = rf"[\w-]++(?:[.{_SPELLED_DOT}][\w-]++)"
_SPACED_DOT = rf"\s{{0,2}}[.{_SPELLED_DOT}]\s{{0,2}}"
_EMAIL = re.compile(
    rf"{_NAME}(?:@{_LABELS}+"
    rf"|\s{{0,2}}@\s{{0,2}}[\w-]++(?:{_SPACED_DOT}[\w-]++){{0,4}}?{_SPACED_DOT}"
    rf"(?:{_SPACED_TLDS})\b(?:\.\w\w\b)?"
    rf"|\s{{0,2}}@\s{{0,2}}[\w-]++[.{_SPELLED_DOT}](?:{_TLDS})\b"
    rf"|\s?@\s?(?:{_SURE_PROVIDERS})\b)",
    re.IGNORECASE,
)
_AT_WORD = re.compile(
    rf"({_NAME})\s{{1,3}}(at)\s{{1,3}}"
    rf"((?:[\w-]++[.{_SPELLED_DOT}]){{1,4}}?(?:{_TLDS})\b(?:\.\w\w\b)?|(?:gmail|hotmail|icloud)\b)",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?:e-?mail|mail|correo|address|write|reach|contact|reply|respond)\b[^\n]{0,30}$",
    re.IGNORECASE,
)
_CUE_WITHIN = 40
_COMPOUND = re.compile(r"[^\W\d_][\w-]*[._+][\w.+-]*\w")  # such as "ana.quimby"
_DISPLAY_NAME = re.compile(r"(?:\"[^\"\n]{1,60}\"|[A-Z][\w'-]+(?:\s[A-Z][\w'.-]+){0,2})\s?<$")
_DISPLAY_WITHIN = 64
_PROVIDER = re.compile(rf"(?:{_PROVIDERS})(?:[.{_SPELLED_DOT}]|$)", re.IGNORECASE)
_SINGLES = re.compile(r"(?<!\S)(?>(?:[\w.@+-] ){4,})(?>(?:[\w.@+-](?!\S))?)")
_OPEN, _CLOSE = r"[(\[{<*'\"|]", r"[)\]}>*'\"|]"
_TOKEN = re.compile(
    rf"(?P<at>\s{{0,2}}{_OPEN}\s?(?:@|at|arroba)\s?{_CLOSE}\s{{0,2}}"
    r"|\s{0,2}[(\[]a[)\]]\s{0,2}(?=[\w-]+\.\w)"
    r"|\s{1,3}arroba\s{1,3}"
    r"|\s{1,2}at[ -]sign\s{1,2}"
    r"|\s?[_-]at[_-]\s?(?=[\w-]))"
    rf"|\s{{0,2}}{_OPEN}\s?(?:\.|dot|punto)\s?{_CLOSE}\s{{0,2}}"
    rf"|(?:\s{{1,3}}|[_-])(?:dot|punto)(?:\s{{1,3}}|[_-])"
    rf"(?=(?:[\w-]{{1,40}}\s{{1,3}}(?:dot|punto)\s{{1,3}}){{0,3}}(?:{_TLDS})\b)",
    re.IGNORECASE,
)
_SIGN_HINT = re.compile(
    r"arroba|dot|punto|at(?: sign|[_-])"
    r"|[)\]}>*'\"|](?:(?<=at.)|(?<=[@.].)|(?<=at [)\]])|(?<=\(a\))|(?<=\[a\]))"
)
_AT_HINT = re.compile(r"[aA][tT](?<=\s..)\s{1,3}(?:[\w-]{1,63}\.\w|(?i:gmail|hotmail|icloud))")


def emails_in(reading: Reading) -> Iterator[Span]:
    """Yield the parts of the written text that are e-mail addresses.

    Besides the usual form these are spaced-out ones, and ones with words or brackets for the at
    sign and the dots. The bare word "at" counts with a spelled-out dot, a provider of mailboxes, or
    a preceding word such as "mail".
    """
    signs = reading
    if "@" in signs.text:
        signs = signs.replace(_SINGLES, _joined)
    if has_signs := _SIGN_HINT.search(reading.text.casefold()) is not None:
        signs = signs.replace(_TOKEN, _sign)
    if "@" in signs.text:
        for match in _EMAIL.finditer(signs.text):
            named = _DISPLAY_NAME.search(
                signs.text, max(0, match.start() - _DISPLAY_WITHIN), match.start()
            )
            yield signs.written((named.start() if named else match.start(), match.end()))
    if has_signs or _AT_HINT.search(signs.text):
        for match in _AT_WORD.finditer(signs.text):
            if _is_address(signs.text, match):
                yield signs.written(match.span())


def _joined(match: re.Match[str]) -> str:
    singles = match.group()
    if "@" not in singles:
        return singles
    return singles.replace(" ", "") + (" " if singles[-1] == " " else "")


def _sign(match: re.Match[str]) -> str:
    return "@" if match["at"] else _SPELLED_DOT


def _is_address(text: str, match: re.Match[str]) -> bool:
    name, sign, domain = match.groups()
    if name.casefold() in NO_MAILBOXES:
        return False
    is_loud = sign == "AT" and not (name.isupper() and domain.isupper())
    if is_loud or _SPELLED_DOT in domain or _PROVIDER.match(domain) or _COMPOUND.fullmatch(name):
        return True
    return _CUE.search(text, max(0, match.start() - _CUE_WITHIN), match.start()) is not None
