"""Labels of reports from the opinions of operators and bureaus."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.contract.events import Decision
from shared.vocabulary import URGENT_LEVELS, supported_language
from workbench.evaluation.feedback.opinions import Opinion
from workbench.evaluation.text_model.real_reports import Class, ReportLabel

_SAME_WORDS = 8  # at the beginning or the end of near repeats


@dataclass(frozen=True, slots=True)
class LabelledReport:
    """The label of a report, and its redacted text."""

    label: ReportLabel
    text: str


def label_reports(
    decisions: Iterable[Decision], opinions: Mapping[str, Sequence[Opinion]]
) -> list[LabelledReport]:
    """Return the labels of those reports whose judged urgency the opinions are about.

    Reports without text, and in other languages than English and Spanish, get none; a report
    whose language is unknown counts as English. All are of the part ``train``: corrections are
    chosen by errors, so they measure nothing. ``danger_word`` is left out.

    Args:
        opinions: Opinions by id of the request, the earliest first.
    """
    groups = _Groups()
    labelled = []
    by_id = {decision.request_id: decision for decision in decisions}
    for id_, decision in sorted(by_id.items()):
        text = decision.request.description
        language = supported_language(decision.request.language or "en")
        found = _label(_judged(decision), opinions.get(id_, ()))
        if not text.strip() or language is None or found is None:
            continue
        report = ReportLabel(
            id=id_,
            language=language,
            label=found[0],
            second=found[1],
            danger_word=False,
            sample="feedback",
            group=groups.of(id_, text),
            part="train",
        )
        labelled.append(LabelledReport(report, text))
    return labelled


class _Groups:
    """Groups of the reports so far that begin or end with the same words."""

    def __init__(self) -> None:
        self._by_words: dict[tuple[str, ...], str] = {}

    def of(self, id_: str, text: str) -> str:
        """Return the id of the first report of the group that a report belongs to."""
        words = text.casefold().split()
        ends = ("^", *words[:_SAME_WORDS]), (*words[-_SAME_WORDS:], "$")
        group = next((self._by_words[end] for end in ends if end in self._by_words), id_)
        for end in ends:
            self._by_words.setdefault(end, group)
        return group


def _judged(decision: Decision) -> Class:
    if decision.emergency is not None:
        return "E"
    return "U" if decision.priority.level in URGENT_LEVELS else "R"


def _label(judged: Class, opinions: Sequence[Opinion]) -> tuple[Class, Class | Literal[""]] | None:
    """Return the label and the second label of a report; None without an opinion about it.

    The latest opinion decides, and the opposite opinion of another person is the second label.
    For a report that was judged routine, "no danger" alone changes nothing. It is unclear which of
    several reports a danger is about, so routine is as fair for each.
    """
    danger: Class = "U" if judged == "R" else judged
    counted = list(opinions)
    while judged == "R" and counted and not counted[0].is_danger:
        del counted[0]
    if not counted:
        return None
    last = counted[-1]
    label: Class = danger if last.is_danger else "R"
    if any(_contradict(one, last) for one in counted):
        return label, "R" if last.is_danger else danger
    is_unclear = last.is_danger and judged == "R" and len(last.requests) > 1
    return label, "R" if is_unclear else ""


def _contradict(one: Opinion, other: Opinion) -> bool:
    """Return True when two people are of opposite opinions."""
    is_same_person = one.author is not None and one.author == other.author
    return one.is_danger != other.is_danger and not is_same_person
