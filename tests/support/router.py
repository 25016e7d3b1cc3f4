"""A router seen from outside: its command, its topics, its HTTP interfaces, its mail.

Nothing of the project is imported here.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from ssl import create_default_context
from typing import Any

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

COMMAND = Path(sys.executable).with_name("route311")


def kafka_client_options(stack: Mapping[str, Any]) -> dict[str, Any]:
    """Return where and as whom every Kafka client of the tests from outside connects.

    ``kafka_auth`` of ``stack.json`` belongs to the operator, who may read and write every topic.
    """
    options: dict[str, Any] = {"bootstrap_servers": stack["kafka"]}
    if auth := stack.get("kafka_auth"):
        options |= {name: auth[name] for name in ("security_protocol", "sasl_mechanism")}
        options |= {f"sasl_plain_{name}": auth[name] for name in ("username", "password")}
        if auth.get("ca_file"):
            options["ssl_context"] = create_default_context(cafile=auth["ca_file"])
    return options


@dataclass(frozen=True, slots=True)
class Router:
    """A running router, found by its ``stack.json``."""

    data: Path
    process: asyncio.subprocess.Process

    @property
    def stack(self) -> dict[str, Any]:
        """The content of ``stack.json``."""
        found: dict[str, Any] = json.loads((self.data / "stack.json").read_text())
        return found

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """Run ``route311`` against this router; return exit code, output and errors."""
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            *arguments,
            "--data",
            str(self.data),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.data,
        )
        output, errors = await process.communicate()
        return process.returncode or 0, output.decode(), errors.decode()

    async def records(self, *topics: str) -> list[tuple[str, bytes | None, dict[str, bytes]]]:
        """Return key, value and headers of every record of the topics, in order by topic."""
        found: list[tuple[str, bytes | None, dict[str, bytes]]] = []
        for topic in topics:
            async with AIOKafkaConsumer(
                topic,
                **kafka_client_options(self.stack),
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                fetch_max_wait_ms=10,
            ) as consumer:
                found += [
                    (record.key.decode(), record.value, dict(record.headers))
                    for record in await _all(consumer)
                ]
        return found

    async def events(self, *topics: str) -> list[dict[str, Any]]:
        """Return every event of the topics once, however often it was delivered."""
        found = [json.loads(value) for _, value, _ in await self.records(*topics) if value]
        return list({event["id"]: event for event in found}.values())

    async def topics(self) -> Sequence[str]:
        """Return the names of all topics."""
        async with AIOKafkaConsumer(**kafka_client_options(self.stack)) as consumer:
            return sorted(await consumer.topics())

    async def write(self, topic: str, key: str, *values: bytes) -> None:
        """Produce records to a topic, as an adapter or a bureau does."""
        async with AIOKafkaProducer(
            max_request_size=8_000_000, **kafka_client_options(self.stack)
        ) as producer:
            for value in values:
                await producer.send_and_wait(topic, value, key=key.encode())

    def mails(self) -> list[Message]:
        """Return every mail that the router sent."""
        folder = Path(self.stack["mail_folder"])
        return [message_from_bytes(file.read_bytes()) for file in sorted(folder.glob("*.eml"))]

    def texts(self) -> list[dict[str, str]]:
        """Return every text message that the router sent."""
        folder = Path(self.stack["sms_folder"])
        return [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]

    def kill(self, service: str) -> int:
        """Kill a service with SIGKILL; return the pid it had."""
        pid = self.pid_of(service)
        if pid is None:
            raise LookupError(f"{service} does not run")
        os.kill(pid, signal.SIGKILL)
        return pid

    def pid_of(self, service: str) -> int | None:
        """Return the pid of a service, None while it does not run."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if f"services.{service}" in child.cmdline():
                    return child.pid
        return None


async def _all(consumer: AIOKafkaConsumer) -> list[Any]:
    partitions = consumer.assignment()
    ends = await consumer.end_offsets(list(partitions))
    records: list[Any] = []
    while any([await consumer.position(p) < ends[p] for p in partitions]):
        for found in (await consumer.getmany(timeout_ms=100)).values():
            records += found
    return records


@asynccontextmanager
async def running_router(data: Path, **settings: str) -> AsyncGenerator[Router]:
    """Run ``route311 up`` in a folder; at the end it must stop without leaving a process.

    Args:
        data: The folder.
        settings: Environment variables of the services.
    """
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"NOTIFY_QUIET_HOURS": "off"} | settings  # the outcome is the same at night
    with (data.parent / "up.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            "up",
            "--data",
            str(data),
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
        )
    router = Router(data, process)
    try:
        async with asyncio.timeout(120):
            while not (data / "stack.json").exists():
                if process.returncode is not None:
                    raise RuntimeError((data.parent / "up.log").read_text())
                await asyncio.sleep(0.1)
        yield router
    finally:
        children = []
        if process.returncode is None:
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 60)
        left = [child for child in children if child.is_running()]
        assert not left, left
