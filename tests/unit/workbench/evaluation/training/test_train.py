from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.main import build
from services.triage.policy import TriagePolicy
from shared.catalogue import PACKAGE_DATA
from shared.catalogue.evidence_file import EVIDENCE, read_evidence
from tests.support.triage.factories import CATALOGUE
from tests.unit.workbench.evaluation.factories import CITY, as_csv, row, write
from workbench.evaluation.exports import read_requests
from workbench.evaluation.measures import connected_components
from workbench.evaluation.training.rules_text import PLAIN
from workbench.evaluation.training.samples import Sample, samples
from workbench.evaluation.trial import rules_with

FAR_AWAY = "45.6"
KIND = {"service_code": "CAMP-REPORT"}
IN_USE = PACKAGE_DATA / "portland.gov" / EVIDENCE
STREETS = range(10, 34)
PAIRS = "request_id,duplicate_of\n" + "".join(f"{street}1,{street}0\n" for street in STREETS)


def found(
    folder: Path, pairs: list[tuple[str, str]], *rows: dict[str, Any], text: str = PLAIN
) -> list[Sample]:
    past = read_requests(write(folder / "past.csv", as_csv(*rows)), CATALOGUE, CITY)
    (folder / EVIDENCE).write_text(text)
    evidence = read_evidence(folder)
    assert evidence is not None
    return list(
        samples(past, TriagePolicy(CATALOGUE, {CITY: evidence}), connected_components(pairs))
    )


def test_each_pair_within_reach_and_window_is_a_sample(tmp_path: Path) -> None:
    rows = [
        row("a"),
        row("b", latitude="45.5197", reported_at="2026-09-01T18:00:00"),
        row("c", latitude=FAR_AWAY),
        row("d", reported_at="2026-09-20T12:00:00"),
    ]

    [only] = found(tmp_path, [("b", "a")], *rows)

    assert (only.group, only.kind, only.apart, only.is_duplicate) == ("campsite", "CAMP", 6, True)
    assert only.distance == pytest.approx(100, abs=1)
    assert only.score == 20


def test_two_requests_without_a_family_are_no_one_problem(tmp_path: Path) -> None:
    assert [one.is_duplicate for one in found(tmp_path, [], row("a"), row("b"))] == [False]


def test_a_sample_is_measured_as_the_evidence_measures(tmp_path: Path) -> None:
    shares = PLAIN.replace("10 m: 0, 25 m: 0, 50 m: 0, 100 m: 0, 200 m: 0", "100 %: 0")
    later = row("b", latitude="45.5191", reported_at="2026-09-01T18:00:00")

    [only] = found(tmp_path, [], row("a"), later, text=shares)

    radius_m = CATALOGUE.jurisdictions[CITY].services["CAMP"].dedup.radius_m
    assert only.distance == pytest.approx(33.4 / radius_m, abs=0.01)


def learn(folder: Path, pairs: str, *more: str) -> Any:
    times = ["2026-09-01T12:00:00", "2026-09-01T15:00:00"]
    rows = [
        row(f"{street}{turn}", latitude=f"45.5{street}", reported_at=time, **KIND)
        for street in STREETS
        for turn, time in enumerate(times)
    ]
    requests = write(folder / "past.csv", as_csv(*rows))
    words = ["triage", "learn", str(requests), "--pairs", str(write(folder / "pairs.csv", pairs))]
    return CliRunner().invoke(build(words), [*words, *more])


def test_what_is_proposed_stands_beside_what_it_was_and_what_it_would_have_done(
    tmp_path: Path,
) -> None:
    text = learn(tmp_path, PAIRS, "--flag", "0.5").stdout

    [group] = [line for line in text.splitlines() if line.startswith("  camp: ")]
    [kind] = [line for line in text.splitlines() if line.startswith("  CAMP-REPORT: {")]
    assert "was {start: -15, duplicate: 50, possible: 25, one_a_place: true}" in group
    assert "24 of 24 pairs labelled" in group
    assert "24 -> 24 of 24 labelled found, 24 -> 24 in the right case" in group
    assert "24 -> 24 of 48 flagged" in group
    assert "{radius: 15 m, window: 3 h}  # was {radius: 67 m, window: 7 d}" in kind
    assert "# All kinds: 24 -> 24 of 24 labelled found" in text


def test_what_the_history_says_nothing_of_stays_to_the_letter(tmp_path: Path) -> None:
    text = learn(tmp_path, PAIRS, "--flag", "0.5").stdout

    was, proposed = (yaml.safe_load(one) for one in (IN_USE.read_text(), text))
    for kept in (
        "accuracy",
        "same_sender",
        "assets",
        "placeholder_points",
        "words",
        "likely_kinds",
        "dangers",
        "details",
        "default",
        "reach",
    ):
        assert proposed[kept] == was[kept]
    assert "# A phone among houses is off by 5 to 50 m" in text
    assert proposed.keys() - was.keys() == {"kinds", "limits"}
    assert proposed["groups"].keys() == {"camp"}
    assert proposed["groups"]["camp"]["one_a_place"] is True


def test_the_proposed_file_can_be_tried_as_it_is(tmp_path: Path) -> None:
    file = write(tmp_path / "proposed.yaml", learn(tmp_path, PAIRS, "--flag", "0").stdout)
    words = ["triage", "evaluate", str(tmp_path / "past.csv"), "--compare", str(IN_USE), str(file)]

    run = CliRunner().invoke(build(words), words)

    assert "0 of 48 requests would be decided differently" in run.stdout


def test_a_city_without_evidence_gets_a_whole_file(tmp_path: Path) -> None:
    with rules_with(PLAIN, "portland.gov") as root:
        (root / "portland.gov" / EVIDENCE).unlink()
        text = learn(tmp_path, PAIRS, "--flag", "0.5", "--rules", str(root)).stdout

    (tmp_path / EVIDENCE).write_text(text)
    evidence = read_evidence(tmp_path)
    assert evidence is not None
    assert evidence.groups["camp"].start > 20
    assert evidence.default.possible <= evidence.default.duplicate


def test_what_lies_outside_the_period_is_not_learnt_from(tmp_path: Path) -> None:
    run = learn(tmp_path, PAIRS, "--until", "2026-09-01T14:00:00")

    assert "no labelled pair" in str(run.exception)


def test_the_threshold_is_high_enough_to_flag_no_more_than_was_asked_for(tmp_path: Path) -> None:
    strict, lenient = (learn(tmp_path, PAIRS, "--flag", flag).stdout for flag in ("0", "1"))

    assert "possible: 0," in lenient
    assert "possible: 0," not in strict


def test_few_labels_propose_no_radius_and_no_window(tmp_path: Path) -> None:
    few = "\n".join(PAIRS.splitlines()[:20])

    assert "limits:" not in learn(tmp_path, few, "--flag", "0.5").stdout


def test_without_a_labelled_pair_in_reach_nothing_can_be_learnt(tmp_path: Path) -> None:
    run = learn(tmp_path, "request_id,duplicate_of\n100,210\n")

    assert "no labelled pair" in str(run.exception)
