from shared.contract.events import type_of
from shared.contract.topics import CORE, all_topics, bureau_updates, bureau_work

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


def test_both_lanes_have_equal_partitions_so_that_one_member_owns_a_key_in_both() -> None:
    lanes = {t.name: t.partitions for t in CORE}

    assert lanes["intake-requests"] == lanes["intake-requests-express"]
    assert lanes["intake-requests"] == lanes["dispatch-closings"]


def test_a_bureaus_topics_carry_its_code_in_lower_case() -> None:
    assert bureau_work("PBOT-MOD").name == "bureau-pbot-mod-work"
    assert bureau_updates("311").name == "bureau-311-updates"


def test_every_type_says_whose_it_is_and_its_version() -> None:
    for topic in CORE:
        for event in topic.events:
            assert type_of(event).startswith("route311.")
            assert type_of(event).endswith(".v1")
