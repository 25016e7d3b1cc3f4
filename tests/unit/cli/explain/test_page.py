from io import StringIO

from rich.console import Console

from cli.explain.command import show_decision
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.contract.events import Decision, Decoder, RequestTriaged
from tests.support.builders import NOON, decision
from tests.unit.cli.explain.test_command import EXAMPLES

PORTLAND = TriagePolicy(load_catalogue()).cities["portland.gov"]


def page(data: Decision) -> str:
    output = StringIO()
    show_decision(data, PORTLAND, NOON, Console(file=output, width=160))
    return output.getvalue()


def test_a_decision_is_shown_with_what_it_was_held_against_and_what_it_is_not() -> None:
    example = (EXAMPLES / "route311.request.triaged.v1.json").read_bytes()

    shown = page(Decoder([RequestTriaged]).decode(example).data)

    assert "Compared with case 0197a1b2-c3d4-7000-8000-000000000002, confidence 93%" in shown
    assert "close by" in shown
    assert "12 m of 30 m" in shown
    assert "too far away (41.5 m of 30 m)" in shown
    assert "by rules 1f2e3d4c5b6a" in shown


def test_a_decision_from_before_there_were_explanations_has_one() -> None:
    assert "- New case: no earlier report" in page(decision(explanation=()))
