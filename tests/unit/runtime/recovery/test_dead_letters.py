from typing import Any

from cli.dlq.listing import details, record_lines
from shared.errors import UndecodableEventError
from shared.runtime.consumer.messages import InvalidRecord, to_dead_letter
from shared.runtime.kafka import Record
from shared.runtime.recovery.dead_letters import content_hash, parse_dead_letter
from shared.runtime.recovery.replay import ReplayLog
from tests.support.records import record


def dead_letter(original: Record, *, offset: int = 0) -> Record:
    """Return the dead letter of a record, as consumed."""
    sent = to_dead_letter(InvalidRecord(original, UndecodableEventError("broken")), "triage")
    return record(
        sent.value, topic=sent.topic, offset=offset, key=sent.key, headers=tuple(sent.headers)
    )


def original(**changes: Any) -> Record:
    return record(b"garbage", topic="intake-requests", offset=7, **changes)


def test_what_parking_added_is_read_and_taken_off_again() -> None:
    found = parse_dead_letter(dead_letter(original(headers=(("colour", b"red"), ("size", b"big")))))

    assert (found.service, found.code, found.reason) == ("triage", "undecodable_event", "broken")
    assert (found.position, found.source) == ("intake-requests-dlq/0/0", "intake-requests/0/7")
    assert found.original.topic == "intake-requests"
    assert (found.original.key, found.original.value) == (b"key", b"garbage")
    assert list(found.original.headers) == [("colour", b"red"), ("size", b"big")]


def test_a_header_of_the_record_s_own_is_kept_though_parking_uses_the_name() -> None:
    own = ("service", b"somebody else's")

    assert list(parse_dead_letter(dead_letter(original(headers=(own,)))).original.headers) == [own]


def test_what_says_the_same_has_one_content_wherever_it_lies() -> None:
    again = record(b"garbage", topic="intake-requests", offset=99)

    assert (
        parse_dead_letter(dead_letter(original())).content
        == parse_dead_letter(dead_letter(again, offset=5)).content
    )


def test_key_value_headers_topic_and_a_missing_value_all_count() -> None:
    records = [
        original(),
        original(key=b"ke"),
        original(headers=(("a", b"b"),)),
        record(b"garbag", topic="intake-requests"),
        record(b"", topic="intake-requests"),
        record(None, topic="intake-requests"),
        record(b"garbage", topic="triage-decisions"),
        original(headers=(("ab", b""),)),
    ]

    assert len({content_hash(parse_dead_letter(dead_letter(r)).original) for r in records}) == len(
        records
    )


def test_a_copy_that_was_there_at_the_replay_is_settled_and_a_later_one_came_back() -> None:
    found = [parse_dead_letter(dead_letter(original(), offset=offset)) for offset in (3, 5, 6)]
    log = ReplayLog({found[0].content: 5})

    assert [log.status(one) for one in found] == ["replayed", "replayed", "came_back"]
    assert ReplayLog().status(found[0]) == "waiting"


def test_what_was_erased_is_never_due_again_and_shows_nothing_of_its_bytes() -> None:
    found = parse_dead_letter(dead_letter(original(headers=(("from", b"ana@example.org"),))))
    log = ReplayLog(through={found.content: 0}, erased=frozenset({found.content}))

    shown = details(found, log.status(found), whole=True)

    assert log.status(found) == "erased"
    assert "garbage" not in str(shown)
    assert not {"key", "value_base64"} & shown.keys()
    assert shown["headers"] == {}
    assert not any("ana@example.org" in line for line in record_lines(found, "erased", whole=True))


def test_a_contact_that_was_parked_is_erased_by_its_tombstone_and_the_tombstone_is_not() -> None:
    contact = record(b"contact", topic="intake-contacts", key=b"id")
    tombstone = record(None, topic="intake-contacts", key=b"id")
    log = ReplayLog(erased_requests=frozenset({"id"}))

    assert log.status(parse_dead_letter(dead_letter(contact))) == "erased"
    assert log.status(parse_dead_letter(dead_letter(tombstone))) == "waiting"
