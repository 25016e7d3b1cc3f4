import pytest

from shared.contract.events import type_of
from shared.contract.topics import (
    CORE,
    adapters_among,
    all_topics,
    bureau_updates,
    bureau_work,
    receipts_of,
    submission_topics,
)

TOPICS = all_topics(["PBOT-MOD", "311"])


def test_no_two_topics_share_a_name() -> None:
    names = [topic.name for topic in TOPICS]

    assert len(names) == len(set(names))


def test_a_topic_that_a_service_reads_has_a_place_for_what_it_cannot_handle() -> None:
    names = {topic.name for topic in TOPICS}

    for topic in TOPICS:
        assert (f"{topic.name}-dlq" in names) == bool(topic.readers), topic.name


def test_names_survive_the_metrics_which_merge_dots_and_underscores() -> None:
    for topic in TOPICS:
        assert not set(topic.name) & set("._"), topic.name


def test_topics_by_dedup_key_have_equal_partitions_so_that_one_member_owns_a_key_in_all() -> None:
    lanes = {t.name: t.partitions for t in CORE}

    assert lanes["intake-requests"] == lanes["intake-requests-express"]
    assert lanes["intake-requests"] == lanes["dispatch-closings"]
    assert lanes["intake-requests"] == lanes["triage-report-counts"]


def test_a_bureaus_topics_carry_its_code_in_lower_case() -> None:
    assert bureau_work("PBOT-MOD").name == "bureau-pbot-mod-work"
    assert bureau_updates("311").name == "bureau-311-updates"


def test_every_type_says_whose_it_is_and_its_version() -> None:
    for topic in CORE:
        for event in topic.events:
            assert type_of(event).startswith("route311.")
            assert type_of(event).endswith(".v1")


@pytest.mark.parametrize(
    "source", ["/http", "/http/demo", "/web", "/email", "/sms", "/acme", "/acme/app"]
)
def test_the_shared_topic_refuses_sources_of_intake_and_of_external_adapters(source: str) -> None:
    [shared, resubmissions, own] = submission_topics(["acme"])

    assert not shared.allows(source)
    assert resubmissions.allows(source)
    assert own.allows(source) == source.startswith("/acme")


@pytest.mark.parametrize(
    "source", ["/adapter/web", "/replay/boston", "/httpd", "/emails/x", "http"]
)
def test_the_shared_topic_takes_every_other_source(source: str) -> None:
    shared, *_ = submission_topics(["acme"])

    assert shared.allows(source)


def test_receipts_go_to_the_topic_of_the_source() -> None:
    def topic_of(source: str) -> str:
        return receipts_of(source, ["acme"]).name

    assert topic_of("/acme") == topic_of("/acme/app") == "intake-receipts-acme"
    assert {topic_of(s) for s in ("acme", "/acmeway", "/adapter/acme")} == {"intake-receipts"}


def test_the_topics_of_external_adapters_are_found_by_name() -> None:
    names = [topic.name for topic in all_topics(["PBOT-MOD"], ["acme", "north-side"])]

    assert adapters_among(names) == ["acme", "north-side"]


def test_dead_letters_are_replayed_by_the_owner_or_else_by_the_first_reader() -> None:
    replayed = {topic.name: topic.replayed_by for topic in TOPICS if topic.readers}

    assert replayed["triage-decisions"] == "triage"
    assert replayed["intake-contacts"] == "intake"
    assert replayed["channel-submissions"] == "intake"
    assert replayed["operator-commands"] == replayed["bureau-311-updates"] == "dispatch"
