import json
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

from rich.console import Console
from typer.testing import CliRunner

from cli.main import build
from tests.unit.workbench.evaluation.factories import as_csv, row, write
from workbench.evaluate.view import Evaluation, show
from workbench.evaluation.exports import UnreadableRowsError
from workbench.evaluation.measures import Agreement, CurveStep, EvaluationResult
from workbench.evaluation.surprise import NoCircumstancesError

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


def test_evaluate_tells_the_share_that_is_judged_urgent(tmp_path: Path) -> None:
    urgent = {**KIND, "description": "The camp is on fire, someone is unconscious"}
    requests = write(tmp_path / "past.csv", as_csv(row("a", **urgent), row("b", **KIND)))
    words = ["triage", "evaluate", str(requests)]

    shown = CliRunner().invoke(build(words), words).stdout
    found = json.loads(CliRunner().invoke(build([*words, "--json"]), [*words, "--json"]).stdout)

    assert "Judged urgent or worse: 50.0%." in shown
    assert found["urgent_share"] == 0.5


def test_the_picture_marks_what_the_rules_in_use_find(
    tmp_path: Path,
) -> None:
    later = {"reported_at": "2026-09-04T12:00:00"}
    far = {"latitude": "45.6"}
    rows = (row("a", **KIND), row("b", **KIND), row("c", **KIND, **later), row("d", **KIND, **far))
    requests = write(tmp_path / "past.csv", as_csv(*rows))
    pairs = write(tmp_path / "pairs.csv", "request_id,duplicate_of\nb,a\nc,a\n")
    picture = tmp_path / "curve.svg"
    words = ["triage", "evaluate", str(requests), "--pairs", str(pairs), "--picture", str(picture)]

    shown = CliRunner().invoke(build(words), words).stdout

    assert "in use: 100.0% at 50.0%" in picture.read_text()
    assert ">40%</text>" in picture.read_text()
    assert "50.0%" in shown


def test_the_table_says_what_would_be_found_with_fewer_flags() -> None:
    curve = (
        CurveStep(0.0, 0.2, 0.9),
        CurveStep(0.3, 0.09, 0.7),
        CurveStep(0.6, 0.04, 0.5),
        CurveStep(1.0, 0.0, 0.0),
    )
    outcome = EvaluationResult(Agreement(100, 10, 9, 8, 20), 90.0, {}, curve, {}, {}, 0)
    said = StringIO()

    show(Evaluation(outcome, "1", 1.0), Console(file=said, width=100))

    lines = [line for line in said.getvalue().splitlines() if line.startswith("Confidence")]
    assert lines == [
        "Confidence from 0.60: 4.0% flagged, 50.0% found.",
        "Confidence from 0.30: 9.0% flagged, 70.0% found.",
    ]


def test_a_file_without_requests_is_named(tmp_path: Path) -> None:
    words = ["triage", "evaluate", str(write(tmp_path / "past.csv", ""))]

    error = CliRunner().invoke(build(words), words).exception

    assert isinstance(error, UnreadableRowsError)
    assert "past.csv: there is no request in it" in str(error)


def reports_of(district: str, latitude: float, reports: int) -> list[dict[str, object]]:
    """Reports of one camp, a day apart."""
    return [
        row(f"{district}-{latitude}-{number}", **KIND, district=district, latitude=f"{latitude}")
        | {"reported_at": f"2026-09-0{number + 1}T12:00:00"}
        for number in range(reports)
    ]


def test_evaluate_shows_both_orders_of_a_loud_and_a_quiet_district(tmp_path: Path) -> None:
    camps = [reports_of("loud", 45.50 + 0.01 * camp, 4) for camp in range(8)]
    camps += [reports_of("quiet", 45.60 + 0.01 * camp, 1) for camp in range(30)]
    camps += [reports_of("quiet", 45.40, 4)]
    requests = write(tmp_path / "past.csv", as_csv(*(one for camp in camps for one in camp)))
    words = ["triage", "evaluate", str(requests), "--surprise"]

    shown = CliRunner().invoke(build(words), words).stdout
    found = json.loads(CliRunner().invoke(build([*words, "--json"]), [*words, "--json"]).stdout)

    assert found["cases"] == 39
    ratios = found["surprise"]["districts"]
    assert ratios["loud"] > 1.5
    assert ratios["quiet"] < 0.8
    first = [found[order][0]["district"] for order in ("by_number", "by_surprise")]
    assert first == ["loud", "quiet"]
    assert found["by_surprise"][0]["by_number"] == found["by_number"][0]["by_number"]
    assert "of the first 39 cases stay among these" in shown
    assert "surprise: {use: yes, " in shown


def test_a_city_that_gives_no_points_for_reporters_has_one_order(tmp_path: Path) -> None:
    requests = write(tmp_path / "past.csv", as_csv(row("a", service_code="BOS-OTHER")))
    words = ["triage", "evaluate", str(requests), "--city", "boston.gov", "--surprise"]

    run = CliRunner().invoke(build(words), words)

    assert isinstance(run.exception, NoCircumstancesError)
