"""A real PostgreSQL server on the loopback interface, with a password."""

import os
import shutil
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from deploy.local.errors import OtherVersionError
from deploy.local.launch import running
from deploy.local.postgres_files import (
    cluster_home,
    postgres_account,
    postgres_major,
    postgres_programs,
    remove_cluster,
)
from deploy.local.process import Account, Process, Program, run_command
from deploy.local.readiness import LOOPBACK, postgres_answers
from deploy.local.site import Site

_STOP_WITHIN_S = 4.5
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",  # every statement here is short
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_INITDB = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # the same collation and case folding on every machine
    "--builtin-locale=C.UTF-8",
)


@asynccontextmanager
async def running_postgres(site: Site, *, durable: bool = True) -> AsyncGenerator[Process, None]:
    """Run a server on the site's cluster, which is created if missing.

    Args:
        durable: False for a throw-away database: empty at the start, deleted at the end, and
            never flushed to disk in between.

    Raises:
        OtherVersionError: The cluster is of another major version of PostgreSQL.
        StackError: The server does not start, or may not run here.
    """
    if not durable:
        remove_cluster(site.folder)
    account = await postgres_account()
    programs = postgres_programs(account)
    cluster = cluster_home(site.folder, account) / "cluster"
    if not cluster.exists():
        await _create_cluster(programs, cluster, _password(site), account)
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != postgres_major():
        raise OtherVersionError(str(cluster), f"PostgreSQL {found}, here is {postgres_major()}")
    command = _command(programs, cluster, durable=durable)

    async def build() -> Process:
        return Process(_program(command, site.ports.port("postgres"), account), site.folder)

    try:
        async with running(build, site.report, _STOP_WITHIN_S) as process:
            yield process
    finally:
        if not durable:
            remove_cluster(site.folder)


def admin_dsn(site: Site, process: Process) -> str:
    """Return the DSN of the server's administrator, password included."""
    return f"postgresql://postgres:{_password(site)}@{process.program.address}/postgres"


def _password(site: Site) -> str:
    return site.credentials.get("postgres")


def _command(programs: Path, cluster: Path, *, durable: bool) -> tuple[str, ...]:
    settings = _SETTINGS | ({} if durable else _NOT_DURABLE)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return (str(programs / "postgres"), "-D", str(cluster), *options)


def _program(command: tuple[str, ...], port: int, account: Account | None) -> Program:
    return Program(
        "postgres",
        (*command, "-p", str(port)),
        port,
        postgres_answers,
        environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        stop_signal=signal.SIGINT,  # fast shutdown: does not wait for clients to disconnect
        account=account,
        directory=Path("/"),
    )


async def _create_cluster(
    programs: Path, cluster: Path, password: str, account: Account | None
) -> None:
    """Create the cluster under another name and rename it: an incomplete one is never used."""
    new = cluster.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    with _password_file(cluster.parent, password, account) as file:
        if account:
            os.chown(new, account.user_id, account.group_id)
        command = (str(programs / "initdb"), "-D", str(new), f"--pwfile={file}", *_INITDB)
        await run_command("PostgreSQL's cluster cannot be made", command, account, Path("/"))
    new.rename(cluster)


@contextmanager
def _password_file(folder: Path, password: str, account: Account | None) -> Iterator[Path]:
    file = folder / "password"
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as writer:
            writer.write(password)
        if account:
            os.chown(file, account.user_id, account.group_id)
        yield file
    finally:
        file.unlink()
