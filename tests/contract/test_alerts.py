"""Alerts, metrics and the operators' page say the same."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from shared.runtime.ops import metrics
from tests.support.paths import REPOSITORY

_GROUPS = yaml.safe_load((REPOSITORY / "deploy/observability/alerts.yaml").read_text())["groups"]
RULES: list[dict[str, Any]] = [
    rule for group in _GROUPS for rule in group["rules"] if "alert" in rule
]
RECORDED: dict[str, str] = {}
for _group in _GROUPS:
    for _rule in _group["rules"]:
        if "record" in _rule:
            RECORDED[_rule["record"]] = f"{RECORDED.get(_rule['record'], '')} {_rule['expr']}"
PAGE = (REPOSITORY / "docs/alarms.md").read_text()
OF_OTHERS = {  # Prometheus, kube-state-metrics, CloudNativePG's plug-in, the blackbox exporter
    "up": {"job", "service", "namespace"},
    "process_start_time_seconds": {"job", "service"},
    "kube_cronjob_status_last_successful_time": {"namespace", "cronjob"},
    "kube_cronjob_created": {"namespace", "cronjob"},
    "kube_job_failed": {"namespace", "job_name", "condition"},
    "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp": {"namespace", "pod"},
    "probe_success": {"job", "instance"},
    "probe_ssl_earliest_cert_expiry": {"job", "instance"},
}
NAMES = re.compile(r"\b(?:route311|process|kube|barman_cloud|probe)_[a-z_]+\b|\bup\b")
LABELS = re.compile(r'(\w+)(?:=~|!=|=)"')


def offered() -> set[str]:
    """The names of the series that our metrics have."""
    names = {
        f"{family.name}{suffix}"
        for family in REGISTRY.collect()
        if family.name.startswith("route311_")
        for suffix in _suffixes(family.type)
    }
    assert metrics.MESSAGES
    return names | OF_OTHERS.keys()


def _suffixes(kind: str) -> Iterable[str]:
    return {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(kind, ("",))


def alarm_headings() -> list[str]:
    return re.findall(r"^## (\w+)$", PAGE, re.MULTILINE)


def in_full(expression: str) -> str:
    """The expression, with those of the records that it asks for."""
    return " ".join([expression, *(more for name, more in RECORDED.items() if name in expression)])


def by_name(rule: dict[str, Any]) -> str:
    name: str = rule["alert"]
    return name


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_an_alert_asks_for_metrics_that_exist(rule: dict[str, Any]) -> None:
    asked = set(NAMES.findall(in_full(rule["expr"])))

    assert asked
    assert asked <= offered()


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_an_alert_says_what_it_means_and_where_to_read_on(rule: dict[str, Any]) -> None:
    told = rule["annotations"]

    assert told["summary"]
    assert told["meaning"]
    assert told["runbook_url"] == f"docs/alarms.md#{rule['alert'].lower()}"
    assert rule["labels"]["severity"] in {"page", "ticket"}


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_an_alert_chooses_by_labels_that_its_metrics_have(rule: dict[str, Any]) -> None:
    asked = in_full(rule["expr"])
    ours = {
        label for metric in vars(metrics).values() for label in getattr(metric, "_labelnames", ())
    }
    others = [labels for name, labels in OF_OTHERS.items() if name in asked]

    assert set(LABELS.findall(asked)) <= ours.union({"job", "service", "le"}, *others)


def test_each_alert_has_its_heading_and_each_heading_its_alert() -> None:
    assert sorted(alarm_headings()) == sorted(by_name(rule) for rule in RULES)


def test_every_link_inside_the_page_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings
