"""The examples of the guide for adapters, run as a developer runs them."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from deploy.local.stack_file import kafka_auth
from shared.contract.events import SubmissionAccepted, encode, new_id, type_of
from shared.runtime.clock import utc_now
from shared.runtime.kafka_access import KafkaAccess
from tests.integration.intake.conftest import Running
from tests.support.builders import handed_in
from tests.support.intake.http_client import ADAPTER, plain
from tests.support.paths import REPOSITORY
from tests.support.stack import Stores
from workbench.adapter.command import offline_policy
from workbench.adapter.log import read_log
from workbench.adapter.records import by_submission
from workbench.adapter.report import report_on

pytestmark = pytest.mark.integration

GUIDE = REPOSITORY / "docs" / "adapters.md"
EXAMPLES = dict(
    re.findall(
        r'^```\w+ title="((?:adapter|console|kcat)[\w.]+)"\n(.*?)^```$',
        GUIDE.read_text(),
        re.MULTILINE | re.DOTALL,
    )
)
LEAST_LIBRDKAFKA = (2, 6, 1)
TRACKING_NUMBER = re.compile(r'"tracking_number": ?"26-[\w-]+"')


def write_stack(folder: Path, client: aiohttp.ClientSession, stores: Stores) -> None:
    """Write what `route311 up` writes, as far as the examples read it."""
    stack = {
        "intake": str(client._base_url).rstrip("/"),  # noqa: SLF001 - has no other way to tell it
        "kafka": stores.access.bootstrap,
        "kafka_auth": kafka_auth(stores.access).model_dump(mode="json"),
        "keys": {"adapters": {"demo": ADAPTER}},
    }
    (folder / ".route311").mkdir()
    (folder / ".route311" / "stack.json").write_text(json.dumps(stack))


async def run(example: str, folder: Path) -> str:
    """Run an example in the folder; return what it prints."""
    (folder / example).write_text(EXAMPLES[example])
    program = "bash" if example.endswith(".sh") else sys.executable
    process = await asyncio.create_subprocess_exec(
        program,
        example,
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    return output.decode()


@pytest.mark.parametrize("example", ["adapter.sh", "adapter_http.py"])
async def test_an_example_hands_a_report_in_over_http(
    running: Running, stores: Stores, tmp_path: Path, example: str
) -> None:
    async with running() as client:
        write_stack(tmp_path, client, stores)
        printed = await run(example, tmp_path)

    assert TRACKING_NUMBER.search(printed)


def write_client_files(folder: Path, access: KafkaAccess, id_: str) -> None:
    """Write what the examples by command line read: a report, and the access to Kafka."""
    event = handed_in(plain(), id=id_, source="/adapter/web")
    (folder / "submissions.jsonl").write_bytes(encode(event) + b"\n")
    password = iter((access.username, access.password))
    kcat = re.sub(r"\.\.\.", lambda _: next(password), EXAMPLES["kcat.conf"])
    (folder / "kcat.conf").write_text(kcat)
    login = f'username="{access.username}" password="{access.password}"'
    (folder / "client.properties").write_text(
        f"security.protocol={access.security_protocol}\n"
        f"sasl.mechanism={access.sasl_mechanism}\n"
        "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
        f"{login};\n"
    )


@pytest.mark.parametrize(
    ("example", "tool"),
    [("console.sh", "kafka-console-producer.sh"), ("kcat.sh", "kcat")],
)
async def test_an_example_by_command_line_hands_a_report_in_and_shows_its_receipt(
    running: Running, stores: Stores, tmp_path: Path, example: str, tool: str
) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not on the PATH")
    if tool == "kcat" and (found := await librdkafka_version()) < LEAST_LIBRDKAFKA:
        pytest.skip(f"kcat has librdkafka {found}, whose SCRAM this Kafka refuses")
    id_ = new_id()
    write_client_files(tmp_path, stores.access, id_)
    (tmp_path / example).write_text(EXAMPLES[example])
    async with running():
        process = await asyncio.create_subprocess_exec(
            *("bash", "-e", example),
            cwd=tmp_path,
            env={**os.environ, "KAFKA": stores.access.bootstrap},
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            printed = await asyncio.wait_for(_line_with(process, id_), 60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # it follows the topic without an end
            await process.communicate()

    source, receipt = printed.split("\t", 1)
    assert source == "/adapter/web"
    assert json.loads(receipt)["type"] == type_of(SubmissionAccepted)


async def librdkafka_version() -> tuple[int, ...]:
    """The version that kcat is built with, or loads."""
    process = await asyncio.create_subprocess_exec("kcat", "-V", stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    found = re.search(r"librdkafka (\d+)\.(\d+)\.(\d+)", output.decode())
    assert found
    return tuple(int(part) for part in found.groups())


async def _line_with(process: asyncio.subprocess.Process, text: str) -> str:
    assert process.stdout
    async for line in process.stdout:
        if text in line.decode():
            return line.decode()
    raise AssertionError("it ended without a receipt")


async def test_the_example_hands_a_report_in_over_kafka_and_passes_the_check(
    running: Running, stores: Stores, tmp_path: Path
) -> None:
    async with running() as client:
        write_stack(tmp_path, client, stores)
        printed = await run("adapter_kafka.py", tmp_path)
    read, receipts = await read_log(stores.access, "/adapter/web", (), last=1)
    report = report_on(read, by_submission(receipts), offline_policy(), utc_now())

    assert TRACKING_NUMBER.search(printed)
    assert (report.records, report.accepted, report.wrong) == (1, 1, [])
