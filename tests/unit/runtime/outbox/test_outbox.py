from itertools import chain

from shared.runtime.outbox.outbox import _parts, bucket_of
from shared.runtime.outgoing import Outgoing

MIB = 1024 * 1024


def outgoing(key: bytes, number: int, size: int = 1) -> Outgoing:
    return Outgoing(f"{number}", "topic", key, bytes(size))


def test_records_are_grouped_by_bucket_in_their_order() -> None:
    records = [outgoing(b"%d" % (n % 20), n) for n in range(200)]

    parts = list(_parts(records))

    assert sorted(bucket for bucket, _, _ in parts) == list(range(8))
    for bucket, part, size in parts:
        assert part == [record for record in records if bucket_of(record.key) == bucket]
        assert size == sum(record.size for record in part)


def test_a_batch_has_one_mib_at_most_or_one_larger_record() -> None:
    sizes = [MIB // 2, MIB // 4, MIB // 2, 8 * MIB, 1]
    records = [outgoing(b"key", n, size) for n, size in enumerate(sizes)]

    parts = [part for _, part, _ in _parts(records)]

    assert [len(part) for part in parts] == [2, 1, 1, 1]
    assert list(chain.from_iterable(parts)) == records


def test_nothing_makes_no_batch() -> None:
    assert list(_parts([])) == []
