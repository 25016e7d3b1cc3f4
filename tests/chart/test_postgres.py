"""The example of PostgreSQL: who reaches it, how, and as whom."""

from typing import Any

import yaml

from tests.support.paths import REPOSITORY

EXAMPLE: dict[str, Any] = {
    resource["kind"]: resource
    for resource in yaml.safe_load_all((REPOSITORY / "deploy/helm/postgres.yaml").read_text())
}
CLUSTER: dict[str, Any] = EXAMPLE["Cluster"]["spec"]
INSTANCES = {"matchLabels": {"cnpg.io/cluster": "route311-postgres"}}


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
