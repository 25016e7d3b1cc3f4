"""Strimzi gets the topics and the access rules that `route311 topics apply --acls` would write."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.catalogue import load_catalogue
from shared.contract.grants import Grant, grants
from shared.contract.topics import all_topics
from shared.runtime.kafka.topics import broker_settings
from tests.chart.charts import ADAPTERS, BUREAUS, Rendered, environment, render

OPERATORS = ("operator", "operator-ana")


@pytest.fixture(scope="module")
def kafka() -> Rendered:
    return render("city", {"kafka": {"operators": OPERATORS}})


def granted(name: str, user: Any) -> Iterator[Grant]:
    """The rules of a KafkaUser as grants."""
    for rule in user["spec"]["authorization"]["acls"]:
        resource = rule["resource"]
        for operation in rule["operations"]:
            word = "".join(f"_{c.lower()}" if c.isupper() else c for c in operation)
            prefixed = resource["patternType"] == "prefix"
            yield Grant(name, resource["type"], resource["name"], word.lstrip("_"), prefixed)  # type: ignore[arg-type] # any word, to be compared


def test_each_principal_may_do_what_the_embedded_broker_allows_it(kafka: Rendered) -> None:
    wanted = grants(all_topics(BUREAUS, ADAPTERS), OPERATORS)
    users = kafka.of("KafkaUser")

    assert users.keys() == {grant.principal for grant in wanted}
    for name, user in users.items():
        assert sorted(granted(name, user)) == [g for g in wanted if g.principal == name], name


def test_each_principal_proves_itself_and_outsiders_have_a_quota(kafka: Rendered) -> None:
    for name, user in kafka.of("KafkaUser").items():
        assert user["spec"]["authentication"] == {"type": "scram-sha-512"}
        is_outsider = name.startswith(("bureau-", "adapter"))
        assert ("quotas" in user["spec"]) == is_outsider, name


@pytest.mark.parametrize(("size", "copies", "partitions"), [("small", 1, 4), ("country", 3, 12)])
def test_topics_have_the_partitions_and_settings_of_the_registry(
    size: str, copies: int, partitions: int
) -> None:
    topics = render(size).of("KafkaTopic")
    wanted = {topic.name: topic for topic in all_topics(BUREAUS, ADAPTERS)}

    assert topics.keys() == wanted.keys()
    for name, topic in wanted.items():
        spec = topics[name]["spec"]
        assert spec["partitions"] == (partitions if topic.is_main else topic.partitions), name
        assert spec["replicas"] == copies
        assert spec["config"] == broker_settings(topic, copies), name


def test_without_a_list_the_bureaus_are_those_of_the_catalogue() -> None:
    users = render("small", {"kafka": {"bureaus": []}}).of("KafkaUser")

    bureaus = {f"bureau-{code.lower()}" for code in load_catalogue().bureau_codes}
    assert {name for name in users if name.startswith("bureau-")} == bureaus


def test_topics_outlive_the_release_and_carry_the_label_of_their_cluster(kafka: Rendered) -> None:
    for topic in kafka.of("KafkaTopic").values():
        assert topic["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    for kind in ("KafkaTopic", "KafkaUser", "KafkaNodePool"):
        for resource in kafka.of(kind).values():
            assert resource["metadata"]["labels"]["strimzi.io/cluster"] == "route311"


def test_a_broker_of_somebody_else_gets_them_by_a_job() -> None:
    elsewhere = render("city", {"kafka": {"strimzi": {"enabled": False}}})

    assert not [r for r in elsewhere.resources if "strimzi" in r["apiVersion"]]
    topics = elsewhere.of("Job")["topics"]
    [container] = topics["spec"]["template"]["spec"]["containers"]
    assert container["command"][:4] == ["route311", "topics", "apply", "--acls"]
    assert environment(topics["spec"]["template"])["ROUTE311_PARTITIONS"] == "4"


def test_a_broker_is_reached_by_the_router_and_by_who_is_named(kafka: Rendered) -> None:
    adapters = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "adapters"}}}
    more = render("city", {"kafka": {"strimzi": {"peers": [adapters]}}})
    router = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "route311"}}}

    for rendered, peers in ((kafka, [router]), (more, [router, adapters])):
        spec = rendered.of("Kafka")["route311"]["spec"]["kafka"]
        [listener] = spec["listeners"]
        assert listener["networkPolicyPeers"] == peers
        most = listener["configuration"]["maxConnections"]
        assert spec["config"]["max.connections.per.ip"] < most


def test_brokers_and_their_operators_are_let_into_a_restricted_namespace(kafka: Rendered) -> None:
    entities = kafka.of("Kafka")["route311"]["spec"]["entityOperator"]
    templates = [
        kafka.of("KafkaNodePool")["route311-brokers"]["spec"]["template"],
        entities["template"],
    ]
    contexts = {
        name: container["securityContext"]
        for template in templates
        for name, container in template.items()
    }

    assert contexts.keys() == {"kafkaContainer", "topicOperatorContainer", "userOperatorContainer"}
    for context in contexts.values():
        assert context == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    for operator in ("topicOperator", "userOperator"):
        assert entities[operator]["resources"]["limits"]["memory"]
