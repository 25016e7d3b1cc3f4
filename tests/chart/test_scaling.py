"""Processes scale with the age of the oldest unhandled event, within the partitions, and slowly."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.contract.grants import CONSUMER_GROUPS
from tests.chart.charts import Rendered, render

PROMTOOL = shutil.which("promtool")
AGE = 'route311_oldest_event_seconds{namespace="city",consumer="triage",pod="%s"}'
BLOCKED = 'route311_consumer_blocked{namespace="city",consumer="triage",pod="%s"}'


def test_each_scaled_process_exists_and_has_no_number_of_its_own(country: Rendered) -> None:
    deployments = country.of("Deployment")
    scaled = country.of("ScaledObject")

    for name, one in scaled.items():
        assert one["spec"]["scaleTargetRef"] == {"name": name}
        assert "replicas" not in deployments[name]["spec"], "else each upgrade resets it"
    assert deployments.keys() - scaled.keys() == {"proxy", "console"}


@pytest.mark.parametrize("size", ["city", "country"])
def test_replicas_are_at_least_one_two_for_express_lanes_and_at_most_the_partitions(
    size: str,
) -> None:
    rendered = render(size)
    partitions = rendered.of("KafkaTopic")["triage-decisions"]["spec"]["partitions"]
    most: dict[str, int] = {}
    for name, one in rendered.of("ScaledObject").items():
        spec = one["spec"]
        labels = rendered.pods()[name]["metadata"]["labels"]
        service = labels["app.kubernetes.io/component"]
        assert spec["minReplicaCount"] >= (2 if service in {"triage", "dispatch"} else 1)
        most[service] = most.get(service, 0) + spec["maxReplicaCount"]

    assert most.keys() == {"intake", "triage", "dispatch", "notify", "insight"}
    assert max(most.values()) <= partitions, most


def test_express_lanes_have_two_readers_where_nothing_scales() -> None:
    deployments = render("small").of("Deployment")

    assert not render("small").of("ScaledObject")
    for name in ("triage", "dispatch"):
        assert deployments[name]["spec"]["replicas"] == 2


def test_scaling_down_takes_its_time(country: Rendered) -> None:
    for one in country.of("ScaledObject").values():
        down = one["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
        assert down["stabilizationWindowSeconds"] >= 600
        assert down["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 300}]


def test_without_figures_the_replicas_stay(country: Rendered) -> None:
    for one in country.of("ScaledObject").values():
        assert one["spec"]["fallback"]["behavior"] == "currentReplicasIfHigher"
        assert trigger(one)["ignoreNullValues"] == "false"


def test_a_trigger_asks_for_a_consumer_that_exists(country: Rendered) -> None:
    groups = {group for of_service in CONSUMER_GROUPS.values() for group in of_service}
    for one in country.of("ScaledObject").values():
        assert trigger(one)["query"].partition('consumer="')[2].partition('"')[0] in groups


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool here: Debian's prometheus has it")
@pytest.mark.parametrize(
    ("series", "age_s"),
    [
        pytest.param({AGE % "a": "5", AGE % "b": "40"}, 40.0, id="the oldest of all replicas"),
        pytest.param({AGE % "a": "0", BLOCKED % "a": "0"}, 0.0, id="no record, nothing committed"),
        pytest.param(
            {AGE % "a": "900", BLOCKED % "a": "1", AGE % "b": "3", BLOCKED % "b": "0"},
            3.0,
            id="a blocked one is no reason for more",
        ),
        pytest.param({AGE % "a": "900", BLOCKED % "a": "1"}, None, id="all are blocked"),
        pytest.param({"up": "1"}, None, id="nobody is scraped"),
        pytest.param(
            {(AGE % "a").replace('"city"', '"other"'): "900", AGE % "a": "1"},
            1.0,
            id="another router's",
        ),
    ],
)
def test_the_query_is_the_age_that_matters(
    country: Rendered, series: dict[str, str], age_s: float | None, tmp_path: Path
) -> None:
    query = trigger(country.of("ScaledObject")["triage"])["query"]
    samples = [] if age_s is None else [{"labels": "{}", "value": age_s}]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": value} for name, value in series.items()],
        "promql_expr_test": [{"expr": query, "eval_time": "0m", "exp_samples": samples}],
    }
    (tmp_path / "query.yaml").write_text(yaml.safe_dump({"tests": [test]}))

    assert PROMTOOL
    done = subprocess.run(  # noqa: S603 - a file of this test
        [PROMTOOL, "test", "rules", str(tmp_path / "query.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def trigger(scaled: Any) -> dict[str, str]:
    """The settings of the trigger by age."""
    [metadata] = [t["metadata"] for t in scaled["spec"]["triggers"] if t["type"] == "prometheus"]
    found: dict[str, str] = metadata
    return found
