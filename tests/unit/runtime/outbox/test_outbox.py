from itertools import chain

from shared.contract.topics import EXPRESS_TOPICS
from shared.runtime.outbox.outbox import EXPRESS_BUCKETS, KEY_BUCKETS, _parts
from shared.runtime.outgoing import Outgoing

MIB = 1024 * 1024


def outgoing(key: bytes, number: int, size: int = 1, topic: str = "topic") -> Outgoing:
    return Outgoing(f"{number}", topic, key, bytes(size))


def test_records_of_all_keys_are_one_batch_in_their_order() -> None:
    records = [outgoing(b"%d" % (n % 20), n) for n in range(200)]

    [(bucket, part, size)] = _parts(records)

    assert bucket == KEY_BUCKETS[0]
    assert part == records
    assert size == sum(record.size for record in records)


def test_express_topics_have_a_bucket_of_their_own() -> None:
    topics = ("topic", *EXPRESS_TOPICS)
    records = [outgoing(b"%d" % n, n, topic=topic) for n in range(40) for topic in topics]

    of_express = {
        record.topic
        for bucket, part, _ in _parts(records)
        if bucket in EXPRESS_BUCKETS
        for record in part
    }

    assert of_express == EXPRESS_TOPICS


def test_a_batch_has_one_mib_at_most_or_one_larger_record() -> None:
    sizes = [MIB // 2, MIB // 4, MIB // 2, 8 * MIB, 1]
    records = [outgoing(b"key", n, size) for n, size in enumerate(sizes)]

    parts = [part for _, part, _ in _parts(records)]

    assert [len(part) for part in parts] == [2, 1, 1, 1]
    assert list(chain.from_iterable(parts)) == records


def test_nothing_makes_no_batch() -> None:
    assert list(_parts([])) == []
