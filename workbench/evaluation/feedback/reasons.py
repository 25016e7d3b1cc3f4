"""Reads the reason of a command or a closing: whether the report was about a danger.

Reasons are free text. The phrases are few and plain: a reason without one says nothing, such as
"duplicate", "not ours" or "nothing found".
"""

import re
from typing import Literal, TypeAlias

Finding: TypeAlias = Literal["danger", "no_danger", "over"]
"""``danger``: there was one. ``no_danger``: there was none. ``over``: what it was has ended."""

_HAZARD = r"(?:hazard(?:ous)?|danger(?:ous)?|unsafe|urgent|emergency)"
_NO_DANGER = re.compile(
    rf"\b(?:no|not|isn't|wasn't|never)(?: an?| any| in| really| immediate| real| apparent| safety)*"
    rf" (?:{_HAZARD}|risk|threat)\b|\bfalse alarm\b|\bharmless\b"
)
_DANGER = re.compile(
    rf"\b{_HAZARD} (?:was |is )?(?:confirmed|found|verified)\b"
    rf"|\b(?:is|was|are|were|found|immediate|imminent|real|serious)(?: an?| very)? {_HAZARD}\b"
)
_OVER = re.compile(
    r"\bno longer\b|\balready\b"
    r"|(?<!not )\b(?:made (?:it )?safe|secured|barricaded|cordoned|coned|fenced|taped|cleared"
    r"|removed|repaired|fixed|extinguished|shut off|turned off|de-?energized)\b"
    r"|\b(?:barriers?|barricades?|cones)(?: (?:are|is|were|put|set))? (?:up|out|placed|in place)\b"
)


def read_reason(reason: str) -> Finding | None:
    """Return what an English reason says about a danger, or None when it says nothing plain."""
    text = " ".join(reason.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    rest = _NO_DANGER.sub(" ", text)
    if _DANGER.search(rest):
        return "danger"
    if _OVER.search(rest):
        return "over"
    return "no_danger" if rest != text else None
