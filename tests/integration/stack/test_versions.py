"""Data folders that another version of the stack made."""

from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from deploy.local.errors import OtherVersionError
from deploy.local.infrastructure import infrastructure
from deploy.local.postgres import running_postgres
from deploy.local.site import open_site
from deploy.local.supervisor import prepare_stores
from shared.catalogue import load_catalogue
from shared.runtime.migrate import Migration, load_migrations, migrate
from tests.support.temporary_folders import let_others_in

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

BUREAUS = load_catalogue().bureau_codes
NEWER = "notify: notify/9999_of_tomorrow.sql"


def older(service: str) -> Sequence[Migration]:
    """Return the migrations of a version before notify's last one."""
    return load_migrations(service)[: -1 if service == "notify" else None]


async def test_data_of_an_older_version_are_migrated_and_those_of_a_newer_one_refused(
    tmp_path: Path,
) -> None:
    data = let_others_in(tmp_path) / "data"
    async with infrastructure(data, mail=False) as infra:
        await migrate(infra.admin_dsn, migrations_for=older)
        db = await asyncpg.connect(infra.admin_dsn)
        await db.execute(
            "INSERT INTO intake.api_keys (key_hash, name, scope) VALUES ('old', 'web', 'adapter')"
        )

        await prepare_stores(infra, BUREAUS)

        assert await db.fetchval("SELECT name FROM intake.api_keys WHERE key_hash = 'old'") == "web"
        applied = {row["name"] for row in await db.fetch("SELECT name FROM notify.migrations")}
        assert applied == {migration.name for migration in load_migrations("notify")}

        service, _, name = NEWER.partition(": ")
        await db.execute(f"INSERT INTO {service}.migrations (name) VALUES ($1)", name)  # noqa: S608
        await db.execute("ALTER ROLE route311_intake PASSWORD NULL")
        with pytest.raises(OtherVersionError, match=f"{NEWER}.*or delete the data by `--fresh`$"):
            await prepare_stores(infra, BUREAUS)

        changed = "SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = 'route311_intake'"
        assert not await db.fetchval(changed), "nothing of a newer version is changed"
        await db.close()


async def test_a_cluster_of_another_postgresql_is_refused_until_the_start_is_fresh(
    tmp_path: Path,
) -> None:
    data = let_others_in(tmp_path) / "data"
    async with open_site(data) as site:
        async with running_postgres(site):
            pass
        cluster = site.folder.postgres.resolve() / "cluster"
        (cluster / "PG_VERSION").write_text("17\n")
        with pytest.raises(OtherVersionError, match="PostgreSQL 17, here is 18"):
            async with running_postgres(site):
                pass
    async with open_site(data, fresh=True) as site, running_postgres(site) as process:
        assert process.pid
