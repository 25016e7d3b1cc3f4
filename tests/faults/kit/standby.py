"""A standby of the router's PostgreSQL, and the failover to it."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg

from deploy.local.launch import running
from deploy.local.postgres import admin_dsn
from deploy.local.postgres_files import cluster_home, postgres_account, postgres_programs
from deploy.local.process import Process, run_command
from deploy.local.readiness import LOOPBACK
from tests.faults.kit.members import kill
from tests.faults.kit.router import RouterUnderTest
from tests.support.waiting import eventually

_STOP_WITHIN_S = 8.0
_NAME = "standby"
_IS_IN_STEP = "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'"


@asynccontextmanager
async def synchronous_standby(router: RouterUnderTest) -> AsyncGenerator[Process]:
    """Run a standby without which the primary commits nothing."""
    site, primary = router.site, router.postgres.program
    account = await postgres_account()
    cluster = cluster_home(site.folder, account) / _NAME
    await asyncio.to_thread(cluster.mkdir, mode=0o700)
    if account:
        os.chown(cluster, account.user_id, account.group_id)
    source = f"{router.admin_dsn}?application_name={_NAME}"
    backup = (str(postgres_programs(account) / "pg_basebackup"), "-R", "-D", str(cluster))
    failure = "No copy of the database can be made"
    await run_command(failure, (*backup, "-d", source, "-c", "fast"), account, Path("/"))
    port = site.ports.port(_NAME)
    replaced = {str(primary.port): str(port), f"{cluster.with_name('cluster')}": str(cluster)}
    argv = tuple(replaced.get(part, part) for part in primary.argv)

    async def build() -> Process:
        return Process(replace(primary, name=_NAME, argv=argv, port=port), site.folder)

    async with running(build, site.report, _STOP_WITHIN_S) as process:
        db = await asyncpg.connect(router.admin_dsn)
        await db.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{_NAME}'")
        await db.execute("SELECT pg_reload_conf()")

        async def is_in_step() -> bool:
            return bool(await db.fetchval(_IS_IN_STEP))

        await eventually(is_in_step)
        await db.close()
        yield process


async def fail_over(router: RouterUnderTest, standby: Process) -> None:
    """Kill the primary; make the standby the router's database."""
    await kill(router.postgres)
    router.postgres = standby
    router.admin_dsn = admin_dsn(router.site, standby)
    db = await asyncpg.connect(router.admin_dsn)
    await db.execute("SELECT pg_promote()")
    await db.close()
    router.postgres_link.server = (LOOPBACK, standby.program.port)
    router.postgres_link.reset()
