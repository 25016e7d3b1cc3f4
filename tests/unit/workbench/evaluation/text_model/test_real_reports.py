"""The rules on real reports that nothing was trained on or set by.

Their texts are not part of the repository: without them these tests are skipped.
"""

from collections.abc import Sequence
from functools import cache

import pytest

from cli.explain.dry_run import request_of_text
from services.triage.decisions.assessment import assess_report
from services.triage.policy import Assessment, TriagePolicy
from shared.catalogue import load_catalogue
from shared.runtime.clock import utc_now
from tests.support.paths import DATA, REPOSITORY
from workbench.evaluation.text_model.real_reports import ReportLabel, read_labels, read_report_texts

LABELS = read_labels(REPOSITORY / "workbench" / "evaluation" / "labels" / "real_reports.csv")
FOLDER = DATA / "real_reports"
LANGUAGES = ("en", "es")

needs_texts = pytest.mark.skipif(not FOLDER.is_dir(), reason="the texts are not here")


@cache
def judged(language: str) -> Sequence[tuple[ReportLabel, Assessment]]:
    catalogue, texts = load_catalogue(), read_report_texts(FOLDER)
    policy, now = TriagePolicy(catalogue), utc_now()
    chosen = [one for one in LABELS if one.part == "test" and one.language == language]
    requests = [
        request_of_text(texts[one.id], None, "portland.gov", catalogue, now) for one in chosen
    ]
    assessed = [assess_report(request, policy).assessment for request in requests]
    return list(zip(chosen, assessed, strict=True))


def is_urgent(found: Assessment) -> bool:
    return found.priority.level in ("P1", "P2")


def share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags)


def random_routine(language: str) -> Sequence[Assessment]:
    return [
        found for label, found in judged(language) if label.sample == "random" and label.is_routine
    ]


def test_near_repeats_lie_in_one_part() -> None:
    parts: dict[str, set[str]] = {}
    for label in LABELS:
        parts.setdefault(label.group, set()).add(label.part)

    assert all(len(found) == 1 for found in parts.values())
    assert 0.15 < sum(label.part == "test" for label in LABELS) / len(LABELS) < 0.25


@needs_texts
@pytest.mark.parametrize("language", LANGUAGES)
def test_few_routine_reports_of_random_mail_are_judged_urgent(language: str) -> None:
    found = random_routine(language)

    assert share([is_urgent(one) for one in found]) <= 0.06
    assert share([one.emergency is not None for one in found]) <= 0.01


@needs_texts
@pytest.mark.parametrize(("language", "least"), [("en", 0.85), ("es", 0.90)])
def test_most_urgent_reports_are_found(language: str, least: float) -> None:
    found = [is_urgent(one) for label, one in judged(language) if label.is_urgent]

    assert share(found) >= least


@needs_texts
@pytest.mark.parametrize(("language", "most"), [("en", 0.10), ("es", 0.20)])
def test_words_of_danger_alone_seldom_raise_an_alarm(language: str, most: float) -> None:
    found = [one for label, one in judged(language) if label.is_routine and label.danger_word]

    assert share([is_urgent(one) for one in found]) <= most
    assert share([one.emergency is not None for one in found]) <= 0.05
