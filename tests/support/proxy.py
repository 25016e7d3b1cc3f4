"""The proxy's example, ``deploy/proxy/Caddyfile``, as far as a text tells where a call goes.

It reads sites, named matchers (``path``, ``method``, each with ``not``) and the blocks that handle
them, in order. What Caddy itself does with the file, ``test_proxy.py`` asks a real one, if there is
one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

FILE = Path(__file__).parents[2] / "deploy/proxy/Caddyfile"
PUBLIC, OPERATORS = "ROUTE311_HOST", "ROUTE311_OPERATORS_HOST"

Matcher: TypeAlias = Callable[[str, str], bool]

_SITE = re.compile(r"^\{\$(\w+):[^}]*\} \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"^\t@(\w+) (?:\{\n(.*?)^\t\}|([^\n{]*))$", re.DOTALL | re.MULTILINE)
_HANDLE = re.compile(r"^\thandle @(\w+) \{\n\t\timport service \{\$(\w+):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Site:
    """A site: where a call goes, by the first block whose matcher is true."""

    handlers: Sequence[tuple[Matcher, str]]

    def upstream(self, method: str, path: str) -> str | None:
        """Return the variable of the service's address; None for a call that is not passed on."""
        return next((to for matches, to in self.handlers if matches(method, path)), None)


def read_sites() -> Mapping[str, Site]:
    """Return the sites by the variables of their addresses."""
    return {name: _site(body) for name, body in _SITE.findall(FILE.read_text())}


def _site(body: str) -> Site:
    named = {name: _matcher(block or line) for name, block, line in _NAMED.findall(body)}
    return Site([(named[name], upstream) for name, upstream in _HANDLE.findall(body)])


def _matcher(text: str) -> Matcher:
    lines = [_line(line.split()) for line in text.splitlines() if line.strip()]
    return lambda method, path: all(matches(method, path) for matches in lines)


def _line(words: Sequence[str]) -> Matcher:
    kind, *values = words
    if kind == "not":
        inner = _line(values)
        return lambda method, path: not inner(method, path)
    if kind == "method":
        return lambda method, _: method in values
    if kind == "header":  # a browser's
        return lambda *_: True
    assert kind == "path", kind
    patterns = [re.compile(_pattern(value)) for value in values]
    return lambda _, path: any(pattern.fullmatch(path) for pattern in patterns)


def _pattern(value: str) -> str:
    """A star at the end stands for anything; any other for a part between slashes."""
    start, star = (value[:-1], ".*") if value.endswith("*") else (value, "")
    return re.escape(start).replace(r"\*", "[^/]*") + star
