"""Parser of fetched record batches that accepts any bytes as the name of a header.

Brokers do not check the names of headers. aiokafka decodes them as strict UTF-8, so one such
record would stop every consumer of its partition. Its fetcher has no hook: importing this module
replaces the class that parses the fetched bytes, for Faust as well. aiokafka is pinned exactly.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from typing_extensions import override

_VERSION_AT = 16  # offset of the byte with the format's version, in bytes
_WITH_HEADERS = 2  # the first version whose records have headers


class _LenientBytes(bytearray):
    """Bytes of a batch; invalid UTF-8 decodes to hexadecimal escapes."""

    @override
    def __getitem__(self, index: Any) -> Any:  # a slice or an integer
        part = super().__getitem__(index)
        return _LenientBytes(part) if isinstance(index, slice) else part

    @override
    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc] # final, but its parser is needed
    @override
    def __iter__(self) -> "_LenientBatch":
        super().__iter__()  # decompresses
        self._buffer = _LenientBytes(self._buffer)
        return self


class _Batch:
    """A batch that aiokafka parses, in C, up to a header name that it cannot decode.

    Then it is parsed again from its start; the fetcher skips the records that it has seen.
    """

    def __init__(self, batch: Any, raw: memoryview) -> None:  # noqa: ANN401 - in C or in Python
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - every other attribute of the batch
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._batch
        except UnicodeDecodeError:
            yield from _LenientBatch(self._raw)


class LenientRecords(_MemoryRecordsPy):  # type: ignore[misc] # final, but aiokafka has no hook
    """The fetched batches of a partition, with any bytes as names of headers."""

    @override
    def next_batch(self, *_: int) -> Any:
        raw = self._next_slice
        batch = super().next_batch()
        if raw is None or batch is None or raw[_VERSION_AT] < _WITH_HEADERS:
            return batch
        return batch if batch.is_control_batch else _Batch(batch, raw)


fetcher.MemoryRecords = LenientRecords  # type: ignore[attr-defined] # the fetcher's own import
