from typing import Any

import pytest
from aiokafka import codec as codecs
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from shared.runtime.kafka import LenientRecords, Partition

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
_HEADER_BYTES = 61
_CRC = slice(17, 21)
_ATTRIBUTES = 21


def fetched(*names: bytes, codec: int = NONE, broken: bool = False) -> list[object]:
    """Return what aiokafka's consumer makes of a batch with one header name per record."""
    stand_ins = ["~" * len(name) for name in names]
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=NONE,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=0,
        batch_size=1 << 20,
    )
    for offset, stand_in in enumerate(stand_ins):
        builder.append(offset, 1000, b"key", b"value %d" % offset, [(stand_in, None)])
    raw = builder.build()
    for name in names:
        at = raw.index(b"~" * len(name))
        raw[at : at + len(name)] = name
    if broken:
        raw[-1] = 2  # one byte of a value, which the batch does not have
    raw = _compressed(raw, codec)
    raw[_CRC] = calc_crc32c(bytes(raw[_ATTRIBUTES:])).to_bytes(4, "big")
    partition_records: Any = fetcher.PartitionRecords
    records = partition_records(
        Partition("test", 0),
        LenientRecords(bytes(raw)),
        aborted_transactions=None,
        fetch_offset=0,
        key_deserializer=None,
        value_deserializer=None,
        check_crcs=True,
        isolation_level=0,
    )
    return [(r.offset, r.key, r.value, r.headers) for r in records]


def _compressed(raw: bytearray, codec: int) -> bytearray:
    encode: Any = {
        GZIP: codecs.gzip_encode,
        SNAPPY: codecs.snappy_encode,
        LZ4: codecs.lz4_encode,
        ZSTD: codecs.zstd_encode,
    }.get(codec, bytes)
    raw = raw[:_HEADER_BYTES] + bytearray(encode(bytes(raw[_HEADER_BYTES:])))
    raw[8:12] = (len(raw) - 12).to_bytes(4, "big")
    raw[_ATTRIBUTES + 1] |= codec
    return raw


@pytest.mark.parametrize("codec", [NONE, GZIP, SNAPPY, LZ4, ZSTD])
def test_a_header_name_that_is_not_utf_8_stops_neither_its_record_nor_the_next(codec: int) -> None:
    found = fetched(b"good", b"\xff\xfe", "señal".encode(), b"ce_\xc3", codec=codec)

    assert found == [
        (0, b"key", b"value 0", (("good", None),)),
        (1, b"key", b"value 1", (("\\xff\\xfe", None),)),
        (2, b"key", b"value 2", (("señal", None),)),
        (3, b"key", b"value 3", (("ce_\\xc3", None),)),
    ]


def test_a_batch_that_is_corrupt_is_refused_as_before() -> None:
    with pytest.raises(CorruptRecordException):
        fetched(b"good", b"\xff", broken=True)


def test_the_consumers_of_aiokafka_read_with_it() -> None:
    assert vars(fetcher)["MemoryRecords"] is LenientRecords
