"""Labels of reports, of urgency and of kinds and dangers, from people's opinions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.contract.events import Decision
from shared.vocabulary import URGENT_LEVELS, supported_language
from workbench.evaluation.feedback.opinions import KindOpinion, Opinion
from workbench.evaluation.text_model.real_reports import (
    UNJUDGED,
    Class,
    KindLabel,
    ReportLabel,
)

_SAME_WORDS = 8  # at the beginning or the end of near repeats


@dataclass(frozen=True, slots=True)
class LabelledReport:
    """The labels of a report, at least one, and the decision that they are about."""

    decision: Decision
    urgency: ReportLabel | None
    kind: KindLabel | None

    @property
    def id(self) -> str:
        """Id of the request."""
        return self.decision.request_id

    @property
    def text(self) -> str:
        """Its redacted text."""
        return self.decision.request.description


def label_reports(
    decisions: Iterable[Decision],
    opinions: Mapping[str, Sequence[Opinion]],
    kinds: Mapping[str, Sequence[KindOpinion]],
) -> list[LabelledReport]:
    """Return the labels of those reports whose judged urgency or kind the opinions are about.

    Reports without text, and in other languages than English and Spanish, get none; a report
    whose language is unknown counts as English. All are of the part ``train``: corrections are
    chosen by errors, so they measure nothing. ``danger_word`` and ``person`` are left out.

    Args:
        opinions: Opinions by id of the request, the earliest first.
        kinds: Corrections of the kind by id of the request, the earliest first.
    """
    groups = _Groups()
    labelled = []
    by_id = {decision.request_id: decision for decision in decisions}
    for id_, decision in sorted(by_id.items()):
        text = decision.request.description
        language = supported_language(decision.request.language or "en")
        if not text.strip() or language is None:
            continue
        found = _label(judged_class(decision), opinions.get(id_, ()))
        urgency = kind = None
        if found is not None:
            urgency = ReportLabel(
                id=id_,
                language=language,
                label=found[0],
                second=found[1],
                danger_word=False,
                sample="feedback",
                group=groups.of(id_, text),
                part="train",
            )
        codes, dangers = _codes(kinds.get(id_, ())), _dangers(decision, urgency)
        if codes or dangers != UNJUDGED:
            kind = KindLabel(
                id=id_, language=language, kinds="/".join(codes), dangers=dangers, part="train"
            )
        if urgency or kind:
            labelled.append(LabelledReport(decision, urgency, kind))
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


def judged_class(decision: Decision) -> Class:
    """Return the urgency of a decision as a class."""
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


def _codes(kinds: Sequence[KindOpinion]) -> Sequence[str]:
    """Return the latest kind, then those that other people gave; none without a correction."""
    if not kinds:
        return ()
    last = kinds[-1]
    others = [one for one in kinds if last.author is None or one.author != last.author]
    return tuple(dict.fromkeys(one.service_code for one in (last, *others)))


def _dangers(decision: Decision, urgency: ReportLabel | None) -> str:
    """Return the dangers of a report whose urgency people agree on, as its label has them.

    A danger that was confirmed is that of the decision; where it named none, its class is unknown.
    """
    if urgency is None or urgency.second or (urgency.label != "R" and not decision.danger):
        return UNJUDGED
    return "" if urgency.label == "R" else "/".join(decision.danger)


def _contradict(one: Opinion, other: Opinion) -> bool:
    """Return True when two people are of opposite opinions."""
    is_same_person = one.author is not None and one.author == other.author
    return one.is_danger != other.is_danger and not is_same_person
