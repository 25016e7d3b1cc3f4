"""Who may speak with whom, as docs/threat-model.md says, and how people come in."""

from typing import Any

import pytest
import yaml
import yarl

from tests.chart.charts import CHART, Rendered, environment, render
from tests.support.proxy import FILE

ALLOWED = {
    "intake": {"dns", "kafka", "postgres", "mail", "https"},
    "intake of a country": {"dns", "kafka", "postgres", "https"},
    "intake-pages": {"dns", "kafka", "postgres", "bucket"},
    "intake-mail": {"dns", "kafka", "postgres", "mail", "bucket"},
    "triage": {"dns", "kafka", "postgres"},
    "triage-stream": {"dns", "kafka"},
    "dispatch": {"dns", "kafka", "postgres", "mail", "https"},
    "notify": {"dns", "kafka", "postgres", "mail", "https"},
    "insight": {"dns", "kafka", "postgres"},
    "console": {"dns", "postgres"},
    "migrate": {"dns", "postgres"},
    "check": {"dns", "kafka", "postgres"},
}
CALLS = (
    ("console", "intake"),
    ("console", "dispatch"),
    ("console", "insight"),
    ("console", "triage"),
    ("console", "notify"),
)
PAGES = ("intake-pages", "intake")
"""The process with the residents' pages: the first one that there is."""
DESTINATIONS = yaml.safe_load((CHART / "values.yaml").read_text())["network"]["destinations"]


def calls_of(rendered: Rendered) -> set[tuple[str, str]]:
    pages = next(name for name in PAGES if name in rendered.services())
    return {*CALLS, ("notify", pages), ("console", pages), (pages, "insight")}


def test_nobody_speaks_with_anybody_unless_a_policy_says_so(rendered: Rendered) -> None:
    closed = rendered.of("NetworkPolicy")["route311"]["spec"]

    assert closed == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "route311"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    for pod in rendered.pods().values():
        assert pod["metadata"]["labels"]["app.kubernetes.io/name"] == "route311"


def test_a_process_opens_connections_to_what_it_needs_and_to_names(rendered: Rendered) -> None:
    is_country = "intake-pages" in rendered.services()
    for name, pod in rendered.services().items():
        policy = rendered.of("NetworkPolicy")[name]["spec"]
        assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        outward = [rule for rule in policy["egress"] if "route311/process" not in str(rule)]
        allowed = ALLOWED["intake of a country" if is_country and name == "intake" else name]
        assert outward == [rule for key, rule in DESTINATIONS.items() if key in allowed], name
        assert _processes([r for r in policy["egress"] if r not in outward], "to") == {
            called for caller, called in calls_of(rendered) if caller == name
        }
    for job in ("migrate", "check"):
        policy = rendered.of("NetworkPolicy")[job]["spec"]
        assert policy["egress"] == [r for key, r in DESTINATIONS.items() if key in ALLOWED[job]]


def test_the_world_outside_is_open_without_the_network_inside() -> None:
    for name in ("mail", "https", "bucket"):
        [to] = DESTINATIONS[name]["to"]
        assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(
            to["ipBlock"]["except"]
        )


def test_only_the_proxy_reaches_a_service_and_only_prometheus_its_metrics(
    rendered: Rendered,
) -> None:
    for name, pod in rendered.services().items():
        rules = rendered.of("NetworkPolicy")[name]["spec"]["ingress"]
        by_port = {port["port"]: rule.get("from") for rule in rules for port in rule["ports"]}
        [prometheus] = by_port["metrics"]
        assert prometheus["namespaceSelector"]["matchLabels"] == {
            "kubernetes.io/metadata.name": "monitoring"
        }
        if "http" in by_port:
            callers = {
                process for process in rendered.services() if (process, name) in calls_of(rendered)
            }
            from_http = [{"from": by_port["http"]}]
            assert _processes(from_http, "from") == {"proxy"} | callers, name
        assert ("smtp" in by_port) == ("INTAKE_MAIL_PORT" in environment(pod) and _has_smtp(pod))


def _processes(rules: Any, side: str) -> set[str]:
    """Return the processes that rules of a policy name."""
    pods = [pod["podSelector"]["matchLabels"] for rule in rules for pod in rule[side]]
    return {labels["route311/process"] for labels in pods}


def _has_smtp(pod: Any) -> bool:
    return "smtp" in {port["name"] for port in pod["spec"]["containers"][0]["ports"]}


def test_the_proxy_reaches_each_process_that_it_passes_calls_to(rendered: Rendered) -> None:
    variables = environment(rendered.pods()["proxy"])
    upstreams = {value.removesuffix(":8080") for value in variables.values() if ":8080" in value}
    egress = rendered.of("NetworkPolicy")["proxy"]["spec"]["egress"]
    reached = {
        to["podSelector"]["matchLabels"]["route311/process"]
        for rule in egress
        for to in rule["to"]
        if "route311/process" in to["podSelector"].get("matchLabels", {})
    }

    assert reached == upstreams
    for process in upstreams:
        rules = rendered.of("NetworkPolicy")[process]["spec"]["ingress"]
        assert "http" in {port["port"] for rule in rules for port in rule["ports"]}, process
        assert process in rendered.of("Service")


def test_the_proxy_runs_the_files_that_the_tests_of_routes_and_certificates_read(
    rendered: Rendered,
) -> None:
    mounted = rendered.of("ConfigMap")["proxy"]["data"]
    [container] = rendered.pods()["proxy"]["spec"]["containers"]
    secret, folder = "/run/tls/tls.crt", "/etc/caddy"

    for name in ("Caddyfile", "run"):
        assert mounted[name].rstrip() == FILE.with_name(name).read_text().rstrip()
    assert container["command"] == ["sh", f"{folder}/run", f"{folder}/Caddyfile", secret]
    [folder] = [m["mountPath"] for m in container["volumeMounts"] if m["name"] == "tmp"]
    assert environment(rendered.pods()["proxy"])["ROUTE311_ADMIN"] == f"unix/{folder}/admin.sock"


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort", "ClusterIP"])
@pytest.mark.parametrize(
    ("name", "value", "process", "port"),
    [
        ("proxy", ("proxy", "service"), "proxy", "https"),
        ("operators", ("proxy", "operators"), "proxy", "operators"),
        ("mail", ("mail", "service"), "intake", "smtp"),
    ],
)
def test_a_way_in_sees_the_callers_own_address_and_takes_it_from_its_ranges_alone(
    kind: str, name: str, value: tuple[str, str], process: str, port: str
) -> None:
    ranges = ["203.0.113.0/24", "198.51.100.7/32"]
    door = {"type": kind, "sourceRanges": ranges}
    rendered = render("city", {value[0]: {value[1]: door}})
    service = rendered.of("Service")[name]["spec"]
    [pod] = [
        pod["metadata"]["labels"]["route311/process"]
        for pod in rendered.pods().values()
        if service["selector"].items() <= pod["metadata"]["labels"].items()
    ]

    assert (pod, service["type"]) == (process, kind)
    assert service.get("externalTrafficPolicy") == (None if kind == "ClusterIP" else "Local")
    assert service.get("loadBalancerSourceRanges") == (ranges if kind == "LoadBalancer" else None)
    assert callers(rendered, process, port) == [{"ipBlock": {"cidr": one}} for one in ranges]


def test_everybody_comes_in_by_the_residents_door_and_nobody_unnamed_by_the_operators(
    rendered: Rendered,
) -> None:
    nobody = "192.0.2.0/24"  # of the documentation: a city puts its own network in its place

    assert callers(rendered, "proxy", "https") is callers(rendered, "proxy", "http") is None
    assert callers(rendered, "proxy", "operators") == [{"ipBlock": {"cidr": nobody}}]


def callers(rendered: Rendered, process: str, port: str) -> Any:
    """Return whom the policy of a process lets in to a port; None for everybody."""
    rules = rendered.of("NetworkPolicy")[process]["spec"]["ingress"]
    [rule] = [rule for rule in rules if {"protocol": "TCP", "port": port} in rule["ports"]]
    assert rule.get("from") != []
    return rule.get("from")


def test_the_consoles_address_is_the_operators_door(rendered: Rendered) -> None:
    address = yarl.URL(environment(rendered.pods()["console"])["CONSOLE_PUBLIC_URL"])
    variables = environment(rendered.pods()["proxy"])
    [port] = rendered.of("Service")["operators"]["spec"]["ports"]
    names = rendered.of("Certificate")["route311"]["spec"]["dnsNames"]

    assert (address.port, port["targetPort"]) == (port["port"], "operators")
    assert address.host == variables["ROUTE311_OPERATORS_HOST"].partition(":")[0]
    assert names == [variables["ROUTE311_HOST"], address.host]  # two addresses have two names


def test_mail_comes_in_past_the_proxy_to_the_process_that_listens(country: Rendered) -> None:
    mail = country.of("Service")["mail"]["spec"]

    assert mail["selector"]["route311/process"] == "intake-mail"
    assert environment(country.pods()["intake-mail"])["INTAKE_MAIL_PORT"] == "2525"
    assert "mail" not in render("small").of("Service")
