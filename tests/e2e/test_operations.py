"""The commands of the pages for operators, run as they are written, on a running router."""

import asyncio
import json
import os
import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.e2e.actors import post, report
from tests.support.paths import REPOSITORY
from tests.support.router import COMMAND, Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

PAGES = [
    (REPOSITORY / f"docs/{name}.md").read_text() for name in ("operations", "alarms", "settings")
]
BLOCK = re.compile(r"^ *```bash\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# Of these, tests/integration/test_point_in_time.py and tests/containers run the commands.
ELSEWHERE = ("$BASE", "docker compose")
BLOCKS = [
    dedent(block)
    for block in BLOCK.findall("\n".join(PAGES))
    if not any(word in block for word in ELSEWHERE)
]
NUMBER = "26-7KQ4-M2"
TEXTS = [{"id": "1", "text": "sofa in the right lane"}]


async def test_the_page_has_commands_of_each_kind() -> None:
    text = "".join(BLOCKS)

    for command in ("triage explain", "dlq replay", "pg_dump ", "pg_restore", "offsets to-end"):
        assert command in text, command


async def test_every_command_works_as_written(router: Router, tmp_path: Path) -> None:
    code, answer = await post(router, report())
    assert code == 201
    await router.write("channel-submissions", "operations", b"no event")

    async def dead_letter() -> bool:
        return bool(await router.records("channel-submissions-dlq"))

    await eventually(dead_letter)
    (tmp_path / ".route311").symlink_to(router.data)
    (tmp_path / "submission.json").write_text(json.dumps(report()))
    (tmp_path / "texts.jsonl").write_text("".join(f"{json.dumps(text)}\n" for text in TEXTS))

    process = await asyncio.create_subprocess_exec(
        "bash",
        "-euxo",
        "pipefail",
        "-c",
        "".join(BLOCKS).replace(NUMBER, answer["tracking_number"]),
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{COMMAND.parent}:{os.environ['PATH']}",
            "INTAKE": router.stack["intake"],
            "KEY": router.stack["keys"]["operator"],
            "ID": "0" * 32,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()

    assert process.returncode == 0, output.decode()
    assert "notify skips" in output.decode()
