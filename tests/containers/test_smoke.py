"""The containers of docker-compose.yml: a request comes in over HTTP and its e-mail goes out.

``make compose-test`` starts the containers, runs this, and removes them.
"""

import asyncio
import os
import re
import shlex
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
    "reporter": {"email": "ana@example.org", "status_updates": ["email"]},
}

pytestmark = pytest.mark.skipif(
    not COMPOSE, reason="make compose-test runs it: it needs a container engine, and minutes"
)


async def compose(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *shlex.split(COMPOSE),
        *arguments,
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_a_request_is_accepted_and_its_mail_arrives() -> None:
    output = await compose("run", "--rm", "prepare", "route311", "keys", "add", "adapter", "smoke")
    key = re.findall(r"[\w-]{40,}", output)[-1]

    async with aiohttp.ClientSession() as http:
        async with http.post(
            f"{INTAKE}/v1/submissions", json=SUBMISSION, headers={"Authorization": f"Bearer {key}"}
        ) as response:
            assert response.status == 201
            number = (await response.json())["tracking_number"]

        async def mail() -> Any:
            async with http.get(f"{MAILS}/api/v1/messages") as response:
                messages = (await response.json())["messages"]
                return next((m for m in messages if number in m["Subject"] + m["Snippet"]), None)

        arrived = await eventually(mail, within_s=60)
        assert arrived["To"][0]["Address"] == "ana@example.org"


async def test_the_pages_come_by_tls_and_the_insides_do_not() -> None:
    async with aiohttp.ClientSession("https://localhost:8443") as http:
        statuses = {}
        for path in ("/report", "/metrics", "/ready"):
            async with http.get(path, ssl=False) as response:  # of Caddy's own authority
                statuses[path] = response.status

    assert statuses == {"/report": 200, "/metrics": 404, "/ready": 404}


async def test_a_backup_that_can_be_read_was_made_at_the_start() -> None:
    async def listing() -> str:
        command = "pg_restore --list route311-*.dump && pg_restore --list keys.dump"
        return await compose(
            "exec", "-T", "backup", "sh", "-c", f"cd /var/lib/postgresql; {command}"
        )

    contents = await listing()
    assert "TABLE DATA intake requests" in contents
    assert contents.count("TABLE DATA notify contact_keys") == 1


async def test_every_container_runs_as_a_user_on_a_file_system_that_it_cannot_write_to() -> None:
    for service in ("intake", "notify", "triage-stream"):
        command = (
            "id -u; touch /app/x 2>/dev/null || echo read-only; command -v pip cc || echo bare"
        )
        output = await compose("exec", "-T", service, "sh", "-c", command)
        user, touched, *_, tools = output.splitlines()
        assert (user, tools) == ("10311", "bare"), service
        assert "read-only" in touched.lower(), service
