"""Private names of pinned libraries that the product uses: they fail here first in an update."""

import inspect
import re
from collections.abc import Iterator

import pytest
from aiohttp.web_protocol import RequestHandler
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.consumer import fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from aiosmtpd.smtp import SMTP
from asyncpg import Connection
from confluent_kafka import KafkaError
from faust import streams
from faust.transport.drivers.aiokafka import Consumer

from tests.support.paths import REPOSITORY

USED: dict[object, tuple[str, ...]] = {
    AIOKafkaConsumer: ("_fetcher", "_coordinator", "_client"),
    AIOKafkaProducer: ("_sender", "_message_accumulator"),
    MessageAccumulator: ("_batches", "_pending_batches"),
    GroupCoordinator: ("_coordination_task", "_heartbeat_task", "_commit_refresh_task"),
    fetcher.Fetcher: (
        "_prefetch_backoff",
        "_fetcher_timeout",
        "_get_actions_per_node",
        "_records",
        "_fetch_max_wait_ms",
        "_fetch_task",
        "_pending_tasks",
    ),
    _MemoryRecordsPy: ("_next_slice",),
    _DefaultRecordBatchPy: ("_buffer",),
    Consumer: ("_read_offset",),
    streams: ("_current_event",),
    KafkaError: ("_AUTHENTICATION",),
    RequestHandler: ("_messages", "_drain_helper"),
    Connection: ("_cancel",),
    SMTP: ("_handle_client",),
}
NO_LIBRARYS = {"_note", "_is_text_encoding"}  # our own module's, and a codec's


def has(owner: object, name: str) -> bool:
    """Return True for a name that a class or a base sets or has, or a module has."""
    classes = inspect.getmro(owner) if inspect.isclass(owner) else ()
    sources = (inspect.getsource(c) for c in classes if c.__module__ != "builtins")
    return hasattr(owner, name) or any(f"self.{name}" in source for source in sources)


@pytest.mark.parametrize(
    ("owner", "name"), [(o, name) for o, names in USED.items() for name in names]
)
def test_a_library_has_the_private_names_that_we_use(owner: object, name: str) -> None:
    assert has(owner, name)


def test_every_private_name_that_we_use_is_looked_at() -> None:
    known = {name for names in USED.values() for name in names} | NO_LIBRARYS

    assert set(private_names()) - known == set()


def private_names() -> Iterator[str]:
    for folder in ("services", "shared", "cli", "console", "deploy", "workbench"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            for line in path.read_text().splitlines():
                if "noqa: SLF001" in line:
                    yield from re.findall(r"\.(_[A-Za-z]\w*)", line.partition("# noqa")[0])
