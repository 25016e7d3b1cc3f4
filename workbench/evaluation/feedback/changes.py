"""Report on exported labels: what they correct, and what the present model makes of the texts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from cli.explain.dry_run import InvalidReportError, decide, request_of_text
from services.triage.policy import TriagePolicy
from shared.catalogue import Catalogue
from shared.contract.events import Decision
from shared.runtime.clock import utc_now
from workbench.evaluation.feedback.labels import LabelledReport, judged_class

_NO_DANGER = "no danger"


class _Change(NamedTuple):
    before: str
    after: str


def judge_again(reports: Sequence[LabelledReport], catalogue: Catalogue) -> Mapping[str, Decision]:
    """Return present decisions on the texts alone, by id; none for cities without a catalogue."""
    policy, now = TriagePolicy(catalogue), utc_now()
    decisions = {}
    for report in reports:
        request = report.decision.request
        try:
            again = request_of_text(
                report.text, None, request.jurisdiction, catalogue, now, request.language
            )
        except InvalidReportError:
            continue
        decisions[report.id] = decide(again, policy)
    return decisions


def describe_changes(
    reports: Sequence[LabelledReport], present: Mapping[str, Decision]
) -> Iterator[str]:
    """Yield lines about what people corrected, and where the present model is of another mind."""
    yield from _corrections(reports)
    judged = [(report, present[report.id]) for report in reports if report.id in present]
    otherwise = [
        (report.urgency.label, judged_class(now))
        for report, now in judged
        if report.urgency and judged_class(now) not in (report.urgency.label, report.urgency.second)
    ]
    of_urgency = sum(report.urgency is not None for report, _ in judged)
    yield f"The present model decides {len(otherwise):,} of {of_urgency:,} otherwise in urgency."
    yield from _kinds_otherwise(judged)
    yield from _dangers_otherwise(judged)


def _corrections(reports: Sequence[LabelledReport]) -> Iterator[str]:
    kinds, dangers = [], []
    for report in reports:
        if report.kind and report.kind.codes:
            kinds.append(_Change(report.decision.service_code, report.kind.codes[0]))
        if report.kind and report.kind.classes is not None:
            dangers.append(_Change(_named(report.decision.danger), _named(report.kind.classes)))
    yield from _counted("kinds", kinds)
    yield from _counted("dangers", dangers)


def _counted(what: str, changes: Sequence[_Change]) -> Iterator[str]:
    yield f"{len(changes):,} labels of {what}:"
    for change in sorted(set(changes), key=lambda one: (-changes.count(one), one)):
        yield f"  {change.before} → {change.after}: {changes.count(change):,}"


def _kinds_otherwise(judged: Sequence[tuple[LabelledReport, Decision]]) -> Iterator[str]:
    labelled = [(report.kind, now) for report, now in judged if report.kind and report.kind.codes]
    found: defaultdict[_Change, list[float]] = defaultdict(list)
    for label, now in labelled:
        if now.service_code not in label.codes:
            probabilities = [kind.probability for kind in now.request.kinds]
            change = _Change(now.service_code, label.codes[0])
            found[change].append(max(probabilities, default=0.0))
    number = sum(map(len, found.values()))
    yield f"The present model decides {number:,} of {len(labelled):,} otherwise in kind:"
    for change, likeliest in sorted(found.items(), key=lambda one: (-len(one[1]), one[0])):
        yield (
            f"  {change.before}, labelled {change.after}: {len(likeliest):,}, its likeliest kind "
            f"at {fmean(likeliest):.2f}"
        )


def _dangers_otherwise(judged: Sequence[tuple[LabelledReport, Decision]]) -> Iterator[str]:
    labelled = [
        (report.kind.classes, frozenset(now.danger))
        for report, now in judged
        if report.kind and report.kind.classes is not None
    ]
    number = sum(label != now for label, now in labelled)
    yield f"The present model decides {number:,} of {len(labelled):,} otherwise in danger."


def _named(dangers: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(sorted(dangers)) or _NO_DANGER
