"""The examples of PostgreSQL: who reaches it, how, and as whom."""

from datetime import datetime
from typing import Any

import yaml

from tests.chart.charts import render
from tests.support.paths import REPOSITORY


def read(name: str) -> dict[str, Any]:
    resources = yaml.safe_load_all((REPOSITORY / "deploy/helm" / name).read_text())
    return {resource["kind"]: resource for resource in resources}


EXAMPLE, RECOVERY = read("postgres.yaml"), read("postgres-recovery.yaml")
CLUSTER: dict[str, Any] = EXAMPLE["Cluster"]["spec"]
RESTORED: dict[str, Any] = RECOVERY["Cluster"]["spec"]
INSTANCES = {"matchExpressions": [{"key": "cnpg.io/cluster", "operator": "Exists"}]}


def test_the_router_its_instances_and_their_operator_reach_it_and_nobody_else() -> None:
    policy = EXAMPLE["NetworkPolicy"]["spec"]
    ports = [[port["port"] for port in rule["ports"]] for rule in policy["ingress"]]
    [router], [instance], [operator], [prometheus] = (rule["from"] for rule in policy["ingress"])

    assert policy["podSelector"] == INSTANCES
    assert policy["policyTypes"] == ["Ingress"]
    assert router == {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "route311"}}}
    assert instance == {"podSelector": INSTANCES}
    assert _namespaces(operator, prometheus) == ["cnpg-system", "monitoring"]
    assert ports == [[5432], [5432, 8000], [5432, 8000], [9187]]


def _namespaces(*peers: Any) -> list[str]:
    return [
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in peers
    ]


def test_no_connection_is_plain_and_nobody_has_the_superusers_password() -> None:
    assert CLUSTER["postgresql"]["pg_hba"] == ["hostnossl all all all reject"]
    assert CLUSTER["enableSuperuserAccess"] is False
    owner = CLUSTER["bootstrap"]["initdb"]["owner"]
    [role] = CLUSTER["managed"]["roles"]
    assert role == {"name": owner, "login": True, "createrole": True}


def test_a_restored_cluster_reads_the_archive_of_the_old_one_and_writes_one_of_its_own() -> None:
    name = RECOVERY["Cluster"]["metadata"]["name"]
    recovery = RESTORED["bootstrap"]["recovery"]
    [source] = RESTORED["externalClusters"]
    [written], [of_old] = RESTORED["plugins"], CLUSTER["plugins"]
    old = EXAMPLE["Cluster"]["metadata"]["name"]
    store = {"barmanObjectName": EXAMPLE["ObjectStore"]["metadata"]["name"]}

    assert recovery["source"] == source["name"]
    assert datetime.fromisoformat(recovery["recoveryTarget"]["targetTime"]).tzinfo
    assert source["plugin"]["parameters"] == {**store, "serverName": old}
    assert written["parameters"] == {**store, "serverName": name}
    assert of_old["parameters"] == store  # its name there is that of the cluster
    assert name != old
    assert RECOVERY["ScheduledBackup"]["spec"]["cluster"]["name"] == name


def test_a_restored_cluster_is_else_as_the_old_one_and_the_router_may_reach_it() -> None:
    own = {"bootstrap", "externalClusters", "plugins"}
    assert {k: v for k, v in RESTORED.items() if k not in own} == {
        k: v for k, v in CLUSTER.items() if k not in own
    }
    initdb = CLUSTER["bootstrap"]["initdb"]
    assert initdb.items() <= RESTORED["bootstrap"]["recovery"].items()
    policies = render("small").of("NetworkPolicy").values()
    rules = [rule for policy in policies for rule in policy["spec"].get("egress", ())]
    assert {"podSelector": INSTANCES} in [peer for rule in rules for peer in rule.get("to", ())]
