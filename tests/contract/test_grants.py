"""Access rights on the broker follow from the registry of topics."""

import ast

import pytest

from docs._tools.access_page import ACCESS_PAGE, access_page
from shared.contract.grants import CONSUMER_GROUPS, Grant, grants, is_managed, principals
from shared.contract.topics import all_topics
from tests.support.paths import REPOSITORY

BUREAUS = ("PBOT", "PBOT-MOD", "WATER")
TOPICS = all_topics(BUREAUS, ["acme"])
GRANTS = frozenset(grants(TOPICS))


def topics_of(principal: str, operation: str) -> set[str]:
    return {
        g.name
        for g in GRANTS
        if (g.principal, g.operation, g.resource) == (principal, operation, "topic")
    }


def test_a_bureau_has_its_three_topics_and_nothing_else() -> None:
    assert topics_of("bureau-water", "read") == {"bureau-water-work", "bureau-water-receipts"}
    assert topics_of("bureau-water", "write") == {"bureau-water-updates"}


def test_an_external_adapter_has_its_two_topics_and_nothing_else() -> None:
    assert topics_of("adapter-acme", "read") == {"intake-receipts-acme"}
    assert topics_of("adapter-acme", "write") == {"channel-submissions-acme"}


def test_the_adapters_of_the_city_share_two_topics() -> None:
    assert topics_of("adapters", "read") == {"intake-receipts"}
    assert topics_of("adapters", "write") == {"channel-submissions"}


def test_each_service_reads_what_the_registry_says_and_parks_it() -> None:
    for service in ("intake", "triage", "dispatch", "notify", "insight"):
        read = {topic.name for topic in TOPICS if service in topic.readers}
        replayed = {topic.name for topic in TOPICS if topic.replayed_by == service}
        parked = {name for name in topics_of(service, "write") if name.endswith("-dlq")}
        shown = {name.removesuffix("-dlq") for name in topics_of(service, "read") - read}

        assert shown == {topic.name for topic in TOPICS if topic.readers} & replayed
        assert shown <= topics_of(service, "write")
        assert parked == {f"{name}-dlq" for name in read}


def test_the_surge_watcher_reads_counts_and_sees_no_request() -> None:
    lanes = {"intake-requests", "intake-requests-express"}

    assert topics_of("triage-stream", "read") == {"triage-report-counts", "triage-stream-"}
    assert topics_of("triage-stream", "describe") == lanes
    assert "triage-report-counts-dlq" in topics_of("triage-stream", "write")
    assert Grant("triage-stream", "group", "triage", "describe") in GRANTS


def test_operators_read_everything_and_write_commands_and_exports() -> None:
    assert topics_of("operator", "read") == {topic.name for topic in TOPICS}
    assert topics_of("operator", "write") == {"operator-commands", "channel-submissions"}


@pytest.mark.parametrize(
    ("topic", "writers"),
    [
        ("intake-contacts", {"intake"}),
        ("intake-requests", {"intake"}),
        ("intake-resubmissions", {"intake"}),
        ("triage-decisions", {"triage"}),
        ("triage-report-counts", {"triage"}),
        ("triage-surges", {"triage", "triage-stream"}),
        ("dispatch-cases", {"dispatch"}),
        ("operator-commands", {"operator", "dispatch"}),
        ("bureau-water-work", {"dispatch"}),
        ("bureau-water-updates", {"bureau-water", "dispatch"}),
        ("triage-decisions-dlq", {"dispatch", "notify", "intake", "insight"}),
    ],
)
def test_a_topic_has_these_writers_alone(topic: str, writers: set[str]) -> None:
    assert {g.principal for g in GRANTS if (g.name, g.operation) == (topic, "write")} == writers


def test_one_principal_cannot_join_the_group_of_another() -> None:
    groups = [g for g in GRANTS if g.resource == "group" and g.operation == "read"]
    literal = {g.name: g.principal for g in groups if not g.prefixed}

    for grant in groups:
        reached = {
            who for name, who in literal.items() if grant.prefixed and name.startswith(grant.name)
        }
        assert reached <= {grant.principal}, grant
    assert len(literal) == len({(g.name, g.principal) for g in groups if not g.prefixed})


def test_every_consumer_of_a_service_may_join_its_group() -> None:
    found: dict[str, set[str]] = {}
    for file in REPOSITORY.glob("services/*/app.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and "Consumer" in ast.unparse(call.func):
                named = {one.arg: one.value for one in call.keywords}
                if "name" in named:
                    group = ast.literal_eval(named["name"])
                    found.setdefault(file.parent.name, set()).add(group)

    assert found == {
        s: set(CONSUMER_GROUPS[s]) for s in ("intake", "triage", "dispatch", "notify", "insight")
    }


def test_each_of_several_operators_has_the_same_rights() -> None:
    for_two = grants(TOPICS, ("operator", "operator-ana"))

    assert {g for g in for_two if g.principal == "operator"} <= GRANTS
    of_ana = {(g.name, g.operation) for g in for_two if g.principal == "operator-ana"}
    assert of_ana == {(g.name, g.operation) for g in GRANTS if g.principal == "operator"}


def test_only_rules_of_our_principals_are_managed() -> None:
    assert all(is_managed(principal) for principal in principals(TOPICS))
    assert is_managed("bureau-closed-down")
    assert not any(map(is_managed, ("admin", "broker", "metrics-exporter", "bureaucrat", "*")))
    assert Grant("intake", "topic", "intake-contacts", "write") in GRANTS


def test_the_table_of_access_rights_in_the_docs_is_the_registrys() -> None:
    page = ACCESS_PAGE.read_text()

    assert page == access_page(page), "run `make schemas`"
    for groups in CONSUMER_GROUPS.values():
        assert all(f"`{group}`" in page for group in groups)
