"""The volume of PostgreSQL is lost, and restored by the commands of docs/operations.md."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.containers.composed import (
    COMPOSE,
    adapter_key,
    compose,
    mailed_to,
    needs_containers,
    run,
    submit,
)
from tests.support.paths import REPOSITORY
from tests.support.waiting import eventually

pytestmark = [needs_containers, pytest.mark.timeout(900)]

PAGE = (REPOSITORY / "docs/operations.md").read_text()
COMMANDS = PAGE.partition("**With containers** the volume")[2].split("```bash\n")[1].split("```")[0]
EMPTY_KAFKA = PAGE.partition("**Kafka is empty**")[2].split("```bash\n")[1].split("```")[0]
ERASED = "SELECT count(*) FROM notify.requests WHERE erased AND tracking_number = '{}'"


async def test_a_lost_database_comes_back_by_the_printed_commands(tmp_path: Path) -> None:
    key = await adapter_key("restore")
    kept = await submit(key, "kim@example.org")
    erased = await submit(key, "carl@example.org")
    for number in (kept, erased):
        await mailed_to(number)
    await back_up()
    await compose("run", "--rm", "prepare", "route311", "erase", "--email", "carl@example.org")
    later = await submit(key, "lea@example.org")
    assert await mailed_to(later) == "lea@example.org"

    await compose("down")
    await lose("postgres")
    said = await run("sh", "-ec", as_printed(tmp_path))

    assert "1 request" in said
    assert (tmp_path / "backups.tar").stat().st_mode & 0o077 == 0
    known = await sql("SELECT tracking_number FROM intake.requests")
    assert {kept, erased} <= set(known.split())
    assert later not in known
    assert "1" in await sql(ERASED.format(erased))
    after = await submit(key, "kim@example.org")
    assert await mailed_to(after) == "kim@example.org"


async def test_with_an_empty_kafka_what_was_on_its_way_arrives_by_the_printed_commands(
    tmp_path: Path,
) -> None:
    key = await adapter_key("region")
    done = await submit(key, "kim@example.org")
    await mailed_to(done)
    await compose("stop", "triage")
    on_its_way = await submit(key, "lea@example.org")
    await back_up()

    await compose("down")
    await lose("postgres", "kafka", "stream")
    lines = as_printed(tmp_path).splitlines()
    migrated = next(i for i, line in enumerate(lines) if line.endswith("route311 migrate")) + 1
    refill = EMPTY_KAFKA.replace("route311 ", f"{COMPOSE} run --rm -T prepare route311 ")
    await run("sh", "-ec", "\n".join([*lines[:migrated], refill, f"{COMPOSE} up -d"]))

    assert await mailed_to(on_its_way) == "lea@example.org"
    after = await submit(key, "kim@example.org")
    assert await mailed_to(after) == "kim@example.org"
    assert "holds  I2 " in await compose("run", "--rm", "-T", "prepare", "route311", "check")


def as_printed(folder: Path) -> str:
    """Return the page's commands, for the project of the test, with the copy in a folder.

    The last one finds what is no longer there, and says so by its exit code.
    """
    lines = COMMANDS.replace("docker compose", COMPOSE).replace(
        "backups.tar", shlex.quote(str(folder / "backups.tar"))
    )
    *others, check = lines.strip().splitlines()
    return "\n".join([*others, f"{check} || true"])


async def back_up() -> None:
    """Let the container make a dump now, as it does at its start."""
    before = await dumps()
    await compose("restart", "backup")

    async def another() -> bool:
        return await dumps() > before

    await eventually(another, within_s=60)


async def dumps() -> int:
    listing = "ls /var/lib/postgresql | grep -c ^route311-"
    return int((await compose("exec", "-T", "backup", "sh", "-c", listing)).split()[-1])


async def lose(*volumes: str) -> None:
    [project] = re.findall(r"-p (\S+)", COMPOSE)
    engine = "docker" if shutil.which("docker") else "podman"
    await run(engine, "volume", "rm", *(f"{project}_{volume}" for volume in volumes))


async def sql(statement: str) -> str:
    return await compose("exec", "-T", "backup", "psql", "-Atc", statement)
