from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.triage.evaluation.families import families
from services.triage.evaluation.learning.samples import Sample, samples
from services.triage.evaluation.rows import read_requests
from shared.catalogue.evidence import Extent
from shared.catalogue.evidence_file import EVIDENCE, read_evidence
from shared.cli.main import build
from tests.unit.triage.evaluation.makers import CITY, as_csv, row, write
from tests.unit.triage.makers import CATALOGUE, RULEBOOK

FAR_AWAY = "45.6"
KIND = {"service_code": "CAMP-REPORT"}


def found(folder: Path, pairs: list[tuple[str, str]], *rows: dict[str, Any]) -> list[Sample]:
    past = read_requests(write(folder / "past.csv", as_csv(*rows)), CATALOGUE, CITY)
    return list(samples(past, RULEBOOK, families(pairs), Extent(metres=200)))


def test_each_pair_within_reach_and_window_is_a_sample(tmp_path: Path) -> None:
    rows = [
        row("a"),
        row("b", latitude="45.5197", reported_at="2026-09-01T18:00:00"),
        row("c", latitude=FAR_AWAY),
        row("d", reported_at="2026-09-20T12:00:00"),
    ]

    [only] = found(tmp_path, [("b", "a")], *rows)

    assert (only.group, only.kind, only.hours, only.is_one_problem) == ("campsite", "CAMP", 6, True)
    assert only.distance_m == pytest.approx(100, abs=1)


def test_two_requests_without_a_family_are_no_one_problem(tmp_path: Path) -> None:
    assert [one.is_one_problem for one in found(tmp_path, [], row("a"), row("b"))] == [False]


def learn(folder: Path, pairs: str, *more: str) -> Any:
    times = ["2026-09-01T12:00:00", "2026-09-01T15:00:00"]
    rows = [
        row(f"{street}{turn}", latitude=f"45.5{street}", reported_at=time, **KIND)
        for street in range(10, 22)
        for turn, time in enumerate(times)
    ]
    requests = write(folder / "past.csv", as_csv(*rows))
    words = ["triage", "learn", str(requests), "--pairs", str(write(folder / "pairs.csv", pairs))]
    return CliRunner().invoke(build(words), [*words, *more])


def test_learn_writes_a_file_that_the_catalogue_can_read_and_says_what_it_did(
    tmp_path: Path,
) -> None:
    pairs = "".join(f"{street}1,{street}0\n" for street in range(10, 22))

    run = learn(tmp_path, f"request_id,duplicate_of\n{pairs}", "--flag", "0.5")

    city = tmp_path / "portland.gov"
    city.mkdir()
    (city / EVIDENCE).write_text(run.stdout)
    evidence = read_evidence(city)
    assert evidence is not None
    assert evidence.default.possible <= evidence.default.duplicate
    assert "100.0%" in run.stderr


def test_what_lies_outside_the_period_is_not_learnt_from(tmp_path: Path) -> None:
    pairs = "".join(f"{street}1,{street}0\n" for street in range(10, 22))

    run = learn(tmp_path, f"request_id,duplicate_of\n{pairs}", "--to", "2026-09-01T14:00:00")

    assert "no labelled pair" in str(run.exception)


def test_the_threshold_is_high_enough_to_flag_no_more_than_was_asked_for(tmp_path: Path) -> None:
    pairs = "".join(f"{street}1,{street}0\n" for street in range(10, 22))
    labels = f"request_id,duplicate_of\n{pairs}"

    strict, lenient = (learn(tmp_path, labels, "--flag", flag).stdout for flag in ("0", "1"))

    assert "possible: 0}" in lenient
    assert "possible: 0}" not in strict


def test_without_a_labelled_pair_in_reach_nothing_can_be_learnt(tmp_path: Path) -> None:
    run = learn(tmp_path, "request_id,duplicate_of\n100,210\n")

    assert "no labelled pair" in str(run.exception)
