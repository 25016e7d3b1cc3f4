"""All that the chart creates is valid, field by field, for every supported Kubernetes."""

import pytest
import yaml

from deploy.helm.kafka_registry import REGISTRY_FILE, registry_text
from tests.chart.charts import CHART, SIZES, Resource, render
from tests.chart.schemas import VERSIONS, NoDefinitionError, problems
from tests.support.paths import REPOSITORY

# Ways to install that no size uses.
VARIANTS = {
    "elsewhere": {
        "kafka": {"strimzi": {"enabled": False}, "caSecret": ""},
        "secrets": {"externalStore": {"kind": "ClusterSecretStore", "name": "vault"}},
        "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": [{"name": "registry"}]},
        "proxy": {"service": {"type": "ClusterIP", "annotations": {"a": "b"}}},
        "monitoring": {"labels": {"release": "prometheus"}, "prober": "blackbox.monitoring:9115"},
    },
    "bare": {
        "kafka": {"strimzi": {"create": False, "storageClass": "fast"}},
        "certificate": {"issuer": None},
        "monitoring": {"enabled": False},
        "jobs": {"check": {"schedule": ""}},
    },
}


@pytest.fixture(scope="module")
def distinct() -> list[Resource]:
    """Each different resource of all sizes, variants and of the examples of PostgreSQL."""
    installed = [
        *map(render, SIZES),
        *(render("city", values) for values in VARIANTS.values()),
    ]
    examples = (REPOSITORY / "deploy/helm").glob("postgres*.yaml")
    postgres = [r for file in examples for r in yaml.safe_load_all(file.read_text())]
    found = [*postgres, *(r for one in installed for r in one.resources)]
    return list({repr(resource): resource for resource in found}.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_resource_is_valid(version: str, distinct: list[Resource]) -> None:
    found, unknown = [], set()
    for resource in distinct:
        try:
            found += problems(version, resource)
        except NoDefinitionError as error:
            unknown.add(str(error))

    assert found == []
    if unknown:
        pytest.skip("; ".join(sorted(unknown)))


def test_an_unknown_field_is_a_problem(distinct: list[Resource]) -> None:
    by_kind = {resource["kind"]: resource for resource in distinct}
    for kind in ("Deployment", "NetworkPolicy", "KafkaUser"):
        wrong = {**by_kind[kind], "spec": {**by_kind[kind]["spec"], "replica": 1}}

        assert problems(VERSIONS[0], wrong), kind


def test_the_chart_asks_for_the_oldest_of_these_versions() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["kubeVersion"] == f">={VERSIONS[0]}.0-0"


def test_topics_and_users_are_those_of_the_registry() -> None:
    assert REGISTRY_FILE.read_text() == registry_text(), "make schemas writes it"
