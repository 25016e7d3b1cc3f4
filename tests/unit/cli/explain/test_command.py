import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import shared.contract.events
from cli.explain.dry_run import InvalidReportError
from cli.main import build
from shared.catalogue import load_catalogue, text_rules_version
from tests.support.builders import request, submission

EXAMPLES = Path(shared.contract.events.__file__).parent / "examples"


def explain(*words: str, stdin: str = "") -> Result:
    arguments = ["triage", "explain", *words]
    return CliRunner().invoke(build(arguments), arguments, input=stdin)


def found(*words: str, stdin: str = "") -> Any:
    return json.loads(explain(*words, "--json", stdin=stdin).stdout)


def test_words_are_decided_as_they_would_be_and_every_point_is_shown() -> None:
    page = explain("--text", "A mattress in the right lane", "--kind", "ROW-DEBRIS").stdout

    assert "Debris in roadway, ROW-DEBRIS" in page
    assert "+15 blocks a traffic lane (“mattress in the right lane”)" in " ".join(page.split())
    rows = [re.split(r"\s{2,}", line.strip()) for line in page.splitlines()]
    for row in (
        ["+60", "usual for its kind"],
        ["+15", "blocks a traffic lane", "mattress in the right lane"],
        ["75", "total"],
    ):
        assert row in rows


def test_what_the_reporter_is_told_is_on_the_page() -> None:
    page = explain("--text", "sparks from a wire", "--kind", "ROW-DEBRIS").stdout

    assert "(call_911)" in " ".join(page.split())


def test_the_weights_of_words_and_conditions_are_on_the_page() -> None:
    page = " ".join(explain("--text", "sparks from a wire", "--kind", "ROW-DEBRIS").stdout.split())

    assert "Text model" in page
    assert "@sparking +" in page
    assert "bias" in page


def test_words_without_a_kind_tell_their_kind() -> None:
    assert found("--text", "a deep pothole")["service_code"] == "ROW-POTHOLE"


@pytest.mark.parametrize("kind", ["route311.submission.v1", "route311.request.submitted.v1"])
def test_a_file_with_an_event_is_decided(kind: str) -> None:
    decided = found(str(EXAMPLES / f"{kind}.json"))

    assert (decided["outcome"], decided["service_code"]) == ("new", "ROW-DEBRIS")


def test_a_submission_or_a_request_alone_is_read_from_the_standard_input() -> None:
    plain = request(description="sparks from a wire").model_dump_json()

    assert found("-", stdin=json.dumps(submission()))["service_code"] == "ROW-POTHOLE"
    assert found("-", stdin=plain)["emergency"]["code"] == "sparks"


def test_the_words_of_a_request_are_judged_anew() -> None:
    routine = {"version": text_rules_version(load_catalogue().version), "severity": "routine"}
    changed = request(description="sparks from a wire", judgement=routine).model_dump_json()

    assert found("-", stdin=changed)["emergency"]["code"] == "sparks"


def test_nothing_that_leads_to_the_reporter_is_told() -> None:
    reporter = {"name": "Ana Ruiz", "email": "ana@example.org", "phone": "+15035550100"}
    stdin = json.dumps(submission(reporter=reporter, description="Hole, call 503-555-0100"))

    for done in (explain("-", stdin=stdin), explain("-", "--json", stdin=stdin)):
        assert done.exit_code == 0
        assert not any(
            mark in done.stdout for mark in ("Ruiz", "ana@", "5550100", "555-0100", "reporter_ref")
        )


def test_words_cannot_steer_the_terminal() -> None:
    page = explain("--text", "\x1b[2J [red]sofa[/red]", "--kind", "ROW-DEBRIS").stdout

    assert "\\x1b[2J [red]sofa[/red]" in page


@pytest.mark.parametrize(
    ("words", "stdin", "problem"),
    [
        (("-",), "{", "not JSON"),
        (("-",), "[]", "not a JSON object with a report"),
        (("-",), '{"request_id": "1"}', "tracking_number: missing"),
        (("-",), '{"jurisdiction": "nowhere"}', "no city nowhere in the catalogue"),
        (("-",), json.dumps(submission(location={})), "location: Tell us where"),
        (("--text", "sofa", "--kind", "NO-KIND"), "", "portland.gov has no kind NO-KIND"),
    ],
)
def test_what_cannot_be_decided_is_told_in_a_line(
    words: tuple[str, ...], stdin: str, problem: str
) -> None:
    error = explain(*words, stdin=stdin).exception

    assert isinstance(error, InvalidReportError)
    assert problem in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("words", [(), ("26-9T7E-89", "--text", "sofa")])
def test_one_thing_is_explained_at_a_time(words: tuple[str, ...]) -> None:
    assert explain(*words).exit_code == 2
