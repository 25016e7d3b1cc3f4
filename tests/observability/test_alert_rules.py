"""Each alert fires when it should and else does not, judged by Prometheus' own program."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import REPOSITORY

FILE = REPOSITORY / "deploy/observability/alerts.yaml"
CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "alert_cases.yaml").read_text())
RULES = [rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]]
ALERTS: dict[str, Any] = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDS = [rule for rule in RULES if "record" in rule]
PROMTOOL = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="no promtool here: Debian's package prometheus has it"
)


def test_each_alert_has_a_case() -> None:
    assert CASES.keys() == ALERTS.keys()


@needs_promtool
def test_an_alert_fires_when_it_should_and_else_does_not(tmp_path: Path) -> None:
    files = [write_tests(alert, tmp_path) for alert in CASES]

    assert promtool("test", "rules", *files) == ""


def write_tests(alert: str, folder: Path) -> str:
    """Write the alert's rule, with the records that it may ask for, and its two tests."""
    case, rules = CASES[alert], [*RECORDS, ALERTS[alert]]
    if "route311:" not in ALERTS[alert]["expr"]:
        rules = [ALERTS[alert]]
    quiet = dict(zip(case["fires"], case["quiet"], strict=True))
    (folder / f"{alert}.rules.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": alert, "rules": rules}]})
    )
    tests = [of_case(alert, case["fires"], [expected(alert)]), of_case(alert, quiet, [])]
    file = folder / f"{alert}.yaml"
    file.write_text(
        yaml.safe_dump(
            {"rule_files": [f"{alert}.rules.yaml"], "evaluation_interval": "1m", "tests": tests}
        )
    )
    return str(file)


def of_case(alert: str, series: dict[str, str], alerts: list[Any]) -> dict[str, Any]:
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    test = {"eval_time": CASES[alert]["at"], "alertname": alert, "exp_alerts": alerts}
    return {"interval": "1m", "input_series": inputs, "alert_rule_test": [test]}


def expected(alert: str) -> dict[str, Any]:
    case, rule = CASES[alert], ALERTS[alert]
    return {
        "exp_labels": case["labels"] | rule["labels"],
        "exp_annotations": rule["annotations"] | {"summary": case["summary"]},
    }


def promtool(*arguments: str) -> str:
    """Return what the program complains of."""
    assert PROMTOOL
    done = subprocess.run(  # noqa: S603 - files of this test
        [PROMTOOL, *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""
