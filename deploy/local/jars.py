"""Kafka's jars, fetched once for all stacks of this user."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.commands import run_to_end
from deploy.local.errors import StackError

_POM = Path(__file__).with_name("pom.xml")
_MAVEN_GOAL = ("dependency:copy-dependencies", "-DincludeScope=runtime")
_LOOK_EVERY_S = 0.1


async def kafka_jars() -> Path:
    """Return the folder with the broker's jars; the first call fetches them by Maven.

    Raises:
        StackError: Maven is missing or could not fetch them.
    """
    cache = _cache()
    version = hashlib.sha256(_POM.read_bytes()).hexdigest()[:8]
    jars = cache / f"kafka-{version}"
    if not _there(jars):
        async with _alone(cache):
            if not _there(jars):
                await _fetch(jars)
    return jars


def _cache() -> Path:
    given = os.environ.get("ROUTE311_CACHE")
    cache = Path(given).absolute() if given else Path.home() / ".cache" / "route311"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def _there(jars: Path) -> bool:
    return jars.exists()


async def _fetch(jars: Path) -> None:
    """Fetch into a folder of our own and rename it, so that half a set is never used."""
    maven = shutil.which("mvn")
    if maven is None:
        raise StackError("Maven (mvn) is missing; it fetches Kafka's jars, once")
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as folder:
        fetched = Path(folder) / "jars"
        goal = (*_MAVEN_GOAL, f"-DoutputDirectory={fetched}")
        command = (maven, "-B", "-q", "-f", str(_POM), *goal)
        await run_to_end("Maven could not fetch Kafka's jars", command)
        fetched.rename(jars)


@asynccontextmanager
async def _alone(folder: Path) -> AsyncGenerator[None, None]:
    """Keep other processes of this user out meanwhile."""
    with (folder / "fetch.lock").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOOK_EVERY_S)
        yield
