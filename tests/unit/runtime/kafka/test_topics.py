from shared.contract.topics import INTAKE_CONTACTS, TRIAGE_DECISIONS
from shared.runtime.kafka.topics import broker_settings, differing_settings

IN_SYNC = "min.insync.replicas"


def test_with_three_copies_two_must_have_a_record() -> None:
    assert broker_settings(TRIAGE_DECISIONS, replicas=3)[IN_SYNC] == "2"
    assert IN_SYNC not in broker_settings(TRIAGE_DECISIONS, replicas=1)


def test_the_minimum_in_sync_is_raised_where_there_are_copies_and_never_lowered() -> None:
    as_registered = broker_settings(TRIAGE_DECISIONS)

    def change(replicas: int, minimum: str) -> dict[str, str]:
        return differing_settings(TRIAGE_DECISIONS, replicas, {**as_registered, IN_SYNC: minimum})

    assert change(3, "1") == {IN_SYNC: "2"}
    assert change(3, "2") == {}
    assert change(5, "4") == {}
    assert change(1, "1") == {}


def test_only_what_differs_and_is_registered_changes() -> None:
    present = {**broker_settings(INTAKE_CONTACTS), "segment.ms": "604800000", "flush.ms": "1"}

    assert differing_settings(INTAKE_CONTACTS, 1, present) == {"segment.ms": "86400000"}
