"""Reading what lies in topics now, to its end."""

from collections.abc import AsyncGenerator, Mapping
from typing import TypeAlias

from shared.runtime.kafka import BrokerDownError, Partition, Record
from shared.runtime.kafka.reader import tailing

Spans: TypeAlias = Mapping[Partition, tuple[int, int]]
"""For each partition its first offset, and the one after its last."""

_PATIENCE_S = 15.0


async def scan(bootstrap: str, spans: Spans) -> AsyncGenerator[Record, None]:
    """Yield every record inside the spans, a piece at a time, in order within each partition.

    Raises:
        BrokerDownError: Nothing more came, though more was there at the start.
    """
    ends = {p: end for p, (first, end) in spans.items() if first < end}
    if not ends:
        return
    async with tailing(bootstrap, {p: spans[p][0] for p in ends}) as tail:
        while ends:
            records = await tail.more(_PATIENCE_S)
            if not records:
                raise BrokerDownError(f"nothing came within {_PATIENCE_S:.0f} s")
            for record in records:
                where = Partition(record.topic, record.partition)
                if record.offset < spans[where][1]:
                    yield record
                if record.offset >= spans[where][1] - 1:
                    ends.pop(where, None)
