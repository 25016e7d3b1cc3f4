"""The containers that ``make compose-test`` started."""

import asyncio
import os
import re
import shlex
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.paths import REPOSITORY
from tests.support.waiting import eventually

COMPOSE = os.environ.get("ROUTE311_COMPOSE", "")
INTAKE, MAILS = "http://127.0.0.1:8311", "http://127.0.0.1:8025"
SUBMISSION = {
    "jurisdiction": "portland.gov",
    "channel": "web",
    "service_code": "ROW-DEBRIS",
    "description": "Mattress in the right lane",
    "location": {"latitude": 45.5231, "longitude": -122.6765},
}

needs_containers = pytest.mark.skipif(
    not COMPOSE, reason="make compose-test runs it: it needs a container engine, and minutes"
)


async def compose(*arguments: str) -> str:
    """Run a command of Compose in the project of the test and return its output."""
    return await run(*shlex.split(COMPOSE), *arguments)


async def run(*command: str, cwd: Path = REPOSITORY, refused: bool = False) -> str:
    """Run a program and return its output; it must succeed, or fail where it is ``refused``."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert bool(process.returncode) is refused, output.decode()
    return output.decode()


async def adapter_key(name: str) -> str:
    """Return a new key for an adapter."""
    output = await compose("run", "--rm", "prepare", "route311", "keys", "add", "adapter", name)
    return str(re.findall(r"[\w-]{40,}", output)[-1])


async def submit(key: str, email: str) -> str:
    """Hand in a request and return its tracking number."""
    body = {**SUBMISSION, "reporter": {"email": email, "status_updates": ["email"]}}
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{INTAKE}/v1/submissions", json=body, headers={"Authorization": f"Bearer {key}"}
        ) as response,
    ):
        assert response.status == 201
        return str((await response.json())["tracking_number"])


async def mailed_to(number: str) -> str:
    """Return who gets the first mail about a request, once it is there."""

    async def mail() -> Any:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{MAILS}/api/v1/messages") as response,
        ):
            messages = (await response.json())["messages"]
        return next((m for m in messages if number in m["Subject"] + m["Snippet"]), None)

    return str((await eventually(mail, within_s=60))["To"][0]["Address"])
