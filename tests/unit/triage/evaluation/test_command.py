import json
from pathlib import Path
from xml.etree import ElementTree as ET

from typer.testing import CliRunner

from shared.cli.main import build
from tests.unit.triage.evaluation.makers import as_csv, row, write

KIND = {"service_code": "CAMP-REPORT"}


def test_evaluate_prints_one_object_and_draws_the_curve(tmp_path: Path) -> None:
    requests = write(tmp_path / "past.csv", as_csv(row("a", **KIND), row("b", **KIND)), packed=True)
    pairs = write(tmp_path / "pairs.csv", "request_id,duplicate_of\nb,a\n")
    picture = tmp_path / "curve.svg"
    words = ["triage", "evaluate", str(requests), "--pairs", str(pairs)]

    run = CliRunner().invoke(build(words), [*words, "--picture", str(picture), "--json"])

    found = json.loads(run.stdout)
    assert (found["requests"], found["labelled"], found["recall"]) == (2, 1, 1.0)
    assert {"flagged_share", "right_case_share", "p99_us", "curve"} <= found.keys()
    assert ET.fromstring(picture.read_text()).tag.endswith("svg")  # noqa: S314  ours


def test_evaluate_shows_each_kind(tmp_path: Path) -> None:
    requests = write(tmp_path / "past.csv", as_csv(row("a", **KIND)))
    words = ["triage", "evaluate", str(requests)]

    assert "CAMP-REPORT" in CliRunner().invoke(build(words), words).stdout
