"""The containers of docker-compose.yml: a request comes in over HTTP and its e-mail goes out.

``make compose-test`` starts the containers, runs this, and removes them.
"""

import aiohttp

from tests.containers.composed import adapter_key, compose, mailed_to, needs_containers, submit

pytestmark = needs_containers


async def test_a_request_is_accepted_and_its_mail_arrives() -> None:
    number = await submit(await adapter_key("smoke"), "ana@example.org")

    assert await mailed_to(number) == "ana@example.org"


async def test_the_pages_come_by_tls_and_the_insides_do_not() -> None:
    async with aiohttp.ClientSession("https://localhost:8443") as http:
        statuses = {}
        for path in ("/report", "/metrics", "/ready"):
            async with http.get(path, ssl=False) as response:  # of Caddy's own authority
                statuses[path] = response.status

    assert statuses == {"/report": 200, "/metrics": 404, "/ready": 404}


async def test_a_backup_that_can_be_read_was_made_at_the_start() -> None:
    async def listing() -> str:
        newest = "$(ls route311-*.dump | tail -1)"
        command = f"pg_restore --list {newest} && pg_restore --list keys.dump"
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
