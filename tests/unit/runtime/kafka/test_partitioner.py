from aiokafka.partitioner import DefaultPartitioner
from hypothesis import example, given
from hypothesis import strategies as st

from shared.runtime.kafka.sink import partition_for


@given(st.binary(max_size=200), st.integers(1, 100))
@example(b"", 12)
@example(b"\xff" * 7, 12)
@example(b"0197a1b2-c3d4-7000-8000-000000000009", 12)
def test_a_key_has_the_partition_that_other_clients_compute(key: bytes, count: int) -> None:
    partitions = list(range(count))

    assert partition_for(key, count) == DefaultPartitioner()(key, partitions, partitions)
