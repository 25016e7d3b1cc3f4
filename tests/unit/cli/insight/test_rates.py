import json
import math
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import build
from tests.support.paths import DATA

BOSTON = DATA / "boston_2011q3" / "requests.csv.gz"
COLUMNS = {
    "kind": "type",
    "district": "neighborhood",
    "incident": "parent_case_id",
    "report": "case_enquiry_id",
    "opened": "open_dt",
    "ended": "closed_dt",
}
WINDOWS = (1, 3, 7, 14, 30)
OWN = {name: name for name in COLUMNS}

needs_boston = pytest.mark.skipif(not BOSTON.exists(), reason=f"needs {BOSTON}")


def run(file: Path, columns: dict[str, str], *more: str) -> Any:
    options = [part for name, column in columns.items() for part in (f"--{name}", column)]
    arguments = ["insight", "rates", str(file), *options, *more]
    return CliRunner().invoke(build(arguments), arguments)


def rates(file: Path, columns: dict[str, str], *more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(file, columns, *more).stdout)
    return found


@cache
def boston_rates(days: int) -> dict[str, Any]:
    return rates(BOSTON, COLUMNS, "--days", str(days))


def spearman(a: list[float], b: list[float]) -> float:
    ranks = [[sorted(values).index(one) for one in values] for values in (a, b)]
    middle = (len(a) - 1) / 2
    top = sum((x - middle) * (y - middle) for x, y in zip(*ranks, strict=True))
    first, second = (math.hypot(*(x - middle for x in one)) for one in ranks)
    return float(top / (first * second))


def small_file(tmp_path: Path) -> Path:
    file = tmp_path / "reports.csv"
    file.write_text(
        "report,incident,kind,district,opened,ended,income\n"
        "r1,i1,k,N,2026-03-01 08:00:00,,1\n"
        "r2,i1,k,N,2026-03-02 08:00:00,,1\n"
        "r3,i2,k,S,2026-03-02 08:00:00,,2\n"
    )
    return file


def test_the_answer_is_one_json_object(tmp_path: Path) -> None:
    answer = rates(small_file(tmp_path), OWN, "--days", "10")

    north, south = answer.pop("ratios")
    assert answer == {
        "n": 2,
        "model": "poisson",
        "log_likelihood": pytest.approx(math.log(0.1 * 10) - 0.1 * 10),
        "coefficients": {"intercept": pytest.approx(math.log(0.1)), "district=S": None},
        "inflation": None,
    }
    assert (north["district"], north["observed"], north["expected"]) == ("N", 1, 0.5)
    assert north["ratio"] == pytest.approx(9 / 8.5, abs=1e-6)
    assert south["ratio"] == pytest.approx(8 / 8.5, abs=1e-6)
    assert south["low"] < south["ratio"] < south["high"]


def test_without_any_later_report_the_error_says_what_to_do(tmp_path: Path) -> None:
    result = run(small_file(tmp_path), OWN, "--days", "0.5")

    assert result.exit_code == 1
    assert "raise --days" in str(result.exception)


@needs_boston
def test_ratios_of_bostons_districts_hold_over_windows_of_1_to_30_days() -> None:
    answers = {days: boston_rates(days) for days in WINDOWS}
    ratios = {
        days: {row["district"]: row["ratio"] for row in answer["ratios"]}
        for days, answer in answers.items()
    }

    assert {len(one) for one in ratios.values()} == {23}
    for short, long in combinations(WINDOWS, 2):
        districts = sorted(ratios[short])
        found = spearman(*([ratios[days][one] for one in districts] for days in (short, long)))
        assert found > 0.75, (short, long)
    for row in answers[7]["ratios"]:
        assert 0 < row["low"] < row["ratio"] < row["high"]
    assert ratios[7]["South End"] > 1.3
    assert ratios[7]["Beacon Hill"] < 0.8


@needs_boston
def test_most_of_bostons_incidents_never_get_a_second_report() -> None:
    plain = boston_rates(7)
    inflated = rates(BOSTON, COLUMNS, "--days", "7", "--model", "zip")

    assert inflated["n"] == plain["n"]
    assert inflated["ratios"] == plain["ratios"]  # of counts and days alone, whatever the model
    assert inflated["log_likelihood"] > plain["log_likelihood"] + 100
    assert 0.7 < inflated["inflation"] < 0.9
