"""Dangers in the words of residents who write neither English nor Spanish."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cli.explain.dry_run import decide, request_of_text
from docs._tools.translations import INTAKE
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.contract.events import Decision
from shared.text_matching import EVIDENCE_GAP, fold
from tests.support.builders import NOON

CATALOGUE = load_catalogue()
POLICY = TriagePolicy(CATALOGUE)
SENTENCES = yaml.safe_load(Path(__file__).with_name("danger_sentences.yaml").read_text())
ROAD_HAZARDS = {"sinkhole", "signal"}  # urgent, but no danger to life


def judged(text: str, language: str) -> Decision:
    return decide(request_of_text(text, None, "portland.gov", CATALOGUE, NOON, language), POLICY)


def dangerous() -> Iterator[object]:
    for language, texts in SENTENCES.items():
        for one in texts["dangerous"]:
            [(danger, text)] = one.items()
            yield pytest.param(language, danger, text, id=f"{language} {danger}")


def harmless() -> Iterator[object]:
    for language, texts in SENTENCES.items():
        for number, text in enumerate(texts["harmless"]):
            yield pytest.param(language, text, id=f"{language} {number}")


@pytest.mark.parametrize(("language", "danger", "text"), [*dangerous()])
def test_a_danger_is_urgent_with_its_reason(language: str, danger: str, text: str) -> None:
    decision = judged(text, language)

    is_for_911 = "call_911" in [one.code for one in decision.advice]
    assert is_for_911 is (danger not in ROAD_HAZARDS)
    assert decision.priority.level == ("P1" if is_for_911 else "P2")
    evidence = filter(None, (reason.evidence for reason in decision.priority.reasons))
    words = [part for one in evidence for part in one.split(EVIDENCE_GAP)]
    assert words
    assert all(part in fold(text) for part in words), words


@pytest.mark.parametrize(("language", "text"), [*harmless()])
def test_a_harmless_text_calls_nobody(language: str, text: str) -> None:
    decision = judged(text, language)

    assert ([one.code for one in decision.advice], decision.danger) == ([], ())


def test_every_language_of_the_pages_is_tried() -> None:
    assert SENTENCES.keys() == {path.stem for path in INTAKE.paths} - {"es"}
