"""The surge watcher as a process, which a test starts, stops and kills."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from shared.contract.events import new_id
from shared.runtime.kafka import Partition
from shared.runtime.kafka_access import KafkaAccess


@dataclass
class Watcher:
    """A surge watcher that can be started, stopped and killed, with the same tables each time."""

    access: KafkaAccess
    folder: Path
    group: str = field(default_factory=lambda: f"surges-{new_id()}")
    output: list[bytes] = field(default_factory=list)

    @contextmanager
    def running(self, *, ends_by: signal.Signals = signal.SIGTERM, **more: str) -> Iterator[None]:
        settings = {
            **more,
            **self.access.environment(),
            "TRIAGE_STREAM_HTTP_PORT": "0",
            "TRIAGE_STREAM_FOLDER": str(self.folder),
            "TRIAGE_STREAM_GROUP": self.group,
        }
        process = subprocess.Popen(
            (sys.executable, "-m", "services.triage.surges"),
            env=os.environ | settings,
            stdout=subprocess.PIPE,
        )
        try:
            yield
        finally:
            process.send_signal(ends_by)
            output, _ = process.communicate(timeout=60)
            self.output += output.splitlines()
            sys.stdout.buffer.write(output)  # shown when the test fails
        assert process.returncode == (0 if ends_by == signal.SIGTERM else -ends_by)


async def set_position(access: KafkaAccess, group: str, offsets: dict[Partition, int]) -> None:
    consumer = AIOKafkaConsumer(
        **access.aiokafka_options(), group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    consumer.assign(list(offsets))
    await consumer.commit(offsets)
    await consumer.stop()
