"""What Prometheus is told to look at, so that the alerts about a cluster have their series."""

import re

import yaml

from tests.chart.charts import render
from tests.support.paths import REPOSITORY

ALERTS = (REPOSITORY / "deploy/observability/alerts.yaml").read_text()


def test_a_prober_opens_the_residents_pages_from_outside() -> None:
    prober = "blackbox-exporter.monitoring:9115"
    [probe] = render("city", {"monitoring": {"prober": prober}}).of("Probe").values()

    assert probe["spec"]["prober"] == {"url": prober}
    assert probe["spec"]["targets"]["staticConfig"]["static"] == ["https://311.example.org/report"]
    assert set(re.findall(r'probe_\w+\{job="([^"]+)"', ALERTS)) == {probe["spec"]["jobName"]}
    assert not render("city").of("Probe")


def test_the_jobs_that_alerts_name_are_the_charts() -> None:
    rendered = render("city", {"kafka": {"strimzi": {"enabled": False}}})

    assert re.findall(r'job_name=~"([^"]+)"', ALERTS) == ["|".join(rendered.of("Job"))]
    nightly = {n for n, job in rendered.of("CronJob").items() if not job["spec"]["suspend"]}
    assert set(re.findall(r'cronjob="([^"]+)"', ALERTS)) == nightly


def test_the_database_tells_of_its_backups() -> None:
    example = list(yaml.safe_load_all((REPOSITORY / "deploy/helm/postgres.yaml").read_text()))
    [monitor] = [one["spec"] for one in example if one["kind"] == "PodMonitor"]

    assert monitor["selector"] == {
        "matchExpressions": [{"key": "cnpg.io/cluster", "operator": "Exists"}]
    }
    assert monitor["podMetricsEndpoints"] == [{"port": "metrics"}]
