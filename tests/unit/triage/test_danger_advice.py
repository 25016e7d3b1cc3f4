"""Advice of a decision about a danger to life."""

import pytest

from cli.explain.dry_run import decide, request_of_text
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from tests.support.builders import NOON

CATALOGUE = load_catalogue()
POLICY = TriagePolicy(CATALOGUE)


@pytest.mark.parametrize(
    ("text", "language", "advice"),
    [
        ("I want to kill myself", "en", {"call_crisis_line": "You are", "call_911": "If anybody"}),
        ("quiero matarme", "es", {"call_crisis_line": "Usted nos", "call_911": "Si alguien"}),
        ("wires sparking", "en", {"call_911": "If anybody"}),
        ("wires sparking", "vi", {"call_911": "If anybody"}),  # a draft, which nobody has signed
        ("a small pothole", "en", {}),
    ],
)
def test_the_crisis_line_comes_before_911(text: str, language: str, advice: dict[str, str]) -> None:
    request = request_of_text(text, None, "portland.gov", CATALOGUE, NOON, language)
    decision = decide(request, POLICY)

    assert [one.code for one in decision.advice] == list(advice)
    for one in decision.advice:
        assert one.text.startswith(advice[one.code])
