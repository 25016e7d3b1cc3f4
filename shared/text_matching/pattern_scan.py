"""Scan: finds in one pass over a text which of many patterns may match it.

RE2 runs all patterns as one automaton. It knows no lookarounds, so it reads the patterns without
them: it finds every pattern that ``re`` finds, and some more.
"""

import re
from collections.abc import Collection, Mapping

import re2

# With one group inside; RE2 refuses what this leaves.
_LOOKAROUND = re.compile(r"\(\?<?[=!](?:[^()]|\([^()]*\))*\)")
_NO_ASCII = re.compile(r"\\u[0-9a-f]{4}(?:-\\u[0-9a-f]{4})?")
# Characters that RE2 reads otherwise in `\w`, `\d`, `\s` and `\b`.
_READ_OTHERWISE = re.compile("[\x0b\x1c-\x1f\x80-\U0010ffff]")


class PatternScan:
    """A scan for patterns without ``$``, by their names."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        self._names = tuple(patterns)
        self._set = re2.Set.SearchSet()
        for pattern in patterns.values():
            self._set.Add(_NO_ASCII.sub("", _LOOKAROUND.sub("", pattern)))
        self._set.Compile()

    def possible(self, text: str) -> Collection[str]:
        """Return the names of the patterns that may match: all for a text with other letters."""
        if _READ_OTHERWISE.search(text):
            return self._names
        return [self._names[number] for number in self._set.Match(text) or ()]
