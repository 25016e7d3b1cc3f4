"""The hints of a catalogue as a file that a person reads and changes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from textwrap import wrap

from evaluation.text_model.fitted import Fitted
from shared.text_matching import FeatureWeights

_HEAD = """\
# Words that hint at danger or urgency together, where no phrase says it plainly. A text has the
# points of `start`, and of each word, of each two words in a row and of each beginning of a word
# (`overf*`) that it has, once; `!word` is one that stands up to three words after a "no". Above 0
# the text is taken for what the condition says. Below `against` a phrase alone states no such
# thing. Ten points make it e times as likely. Learnt from labelled texts by
# `route311 triage hints`; change what you like."""
_NAMES = {
    "sounds_dangerous": "{en: It sounds like danger to life, es: Parece un peligro para la vida}",
    "sounds_urgent": "{en: It sounds urgent, es: Parece urgente}",
}
_WIDTH = 100
_INDENT = " " * 10


def hints_file(fitted: Mapping[str, Mapping[str, Fitted]], texts: int) -> str:
    """Return the text of the file.

    Args:
        fitted: By condition and language.
        texts: From how many it was learnt.
    """
    lines = [_HEAD, f"# From {texts:,} texts; measured on writers that each part did not know."]
    for code, by_language in fitted.items():
        lines += [f"{code}:", f"  name: {_NAMES[code]}", "  hints:"]
        for language, one in by_language.items():
            told = f"finds {one.recall:.0%}, false alarms {one.false_alarms:.1%}"
            lines += [f"    {language}:  # {told}", f"      start: {one.hints.start}"]
            lines += [f"      against: {one.hints.against}", "      points:", *_points(one.hints)]
    return "\n".join(lines) + "\n"


def _points(hints: FeatureWeights) -> Iterator[str]:
    by_points: defaultdict[int, list[str]] = defaultdict(list)
    for hint, points in hints.points.items():
        by_points[points].append(hint)
    for points in sorted(by_points, reverse=True):
        yield f"        {points}: >-"
        text = ", ".join(sorted(by_points[points]))
        yield from wrap(
            text,
            _WIDTH,
            initial_indent=_INDENT,
            subsequent_indent=_INDENT,
            break_on_hyphens=False,
            break_long_words=False,
        )
