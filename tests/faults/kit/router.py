"""A router under test: stores, TCP proxies and services, into which faults can be injected."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from deploy.local.errors import StartError
from deploy.local.infrastructure import Infrastructure, running_mail
from deploy.local.kafka import admin_access
from deploy.local.launch import run_all
from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.process import Process
from deploy.local.readiness import LOOPBACK
from deploy.local.site import Site, open_site
from deploy.local.stack_file import Keys, Stack, kafka_auth, write_stack
from deploy.local.supervisor import prepare_stores
from shared.catalogue import load_catalogue
from shared.contract.topics import all_topics
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka_access import KafkaAccess
from tests.faults.kit.brokers import Node, link_port_name, running_broker
from tests.faults.kit.history import History
from tests.faults.kit.members import SERVICES, Endpoints, Member
from tests.support.tcp_proxy import TcpProxy, tcp_proxy

_COMMAND = Path(sys.executable).with_name("route311")
_STOP_WITHIN_S = 12.0
_RESTART_AFTER_S = 0.2


@dataclass(slots=True)
class RouterUnderTest:
    """A running router.

    Attributes:
        site: The data folder, ports and credentials.
        brokers: The broker processes.
        postgres: The database process.
        mail: The mail sink.
        kafka_links: The proxies between services and brokers.
        postgres_link: The proxy between services and database.
        access: Access to the brokers without proxies, for clients.
        admin_dsn: DSN of the database's administrator, without a proxy.
        keys: Keys for the HTTP interfaces.
        endpoints: Addresses that the services use.
        altered: Module and arguments to run in place of a service, by service.
        histories: The clients' history of each trial.
        members: The services' processes, by name.
        deaths: Number of exits of each process, by name.
    """

    site: Site
    brokers: Sequence[Process]
    postgres: Process
    mail: Process
    kafka_links: Sequence[TcpProxy]
    postgres_link: TcpProxy
    access: KafkaAccess
    admin_dsn: str
    keys: Keys
    endpoints: Endpoints
    altered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    histories: list[History] = field(default_factory=list)
    members: dict[str, Process] = field(default_factory=dict)
    deaths: dict[str, int] = field(default_factory=dict)
    _may_run: asyncio.Event = field(default_factory=asyncio.Event)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def broker(self) -> Process:
        """The first broker."""
        return self.brokers[0]

    @property
    def links(self) -> Sequence[TcpProxy]:
        """Every proxy between the services and their stores."""
        return [*self.kafka_links, self.postgres_link]

    @property
    def intakes(self) -> list[str]:
        """Base URLs of the started intakes."""
        return [
            f"http://{process.program.address}"
            for name, process in self.members.items()
            if name.startswith("intake")
        ]

    async def add(self, *members: Member) -> None:
        """Start members; restart them when they exit, until the router ends."""
        processes = {member.name: member.process(self.site, self.endpoints) for member in members}
        self.members |= processes
        await asyncio.gather(*(process.start() for process in processes.values()))
        for process in processes.values():
            self._stack.push_async_callback(process.stop, _STOP_WITHIN_S)
            await self._stack.enter_async_context(self.supervised(process))

    @asynccontextmanager
    async def with_second_member(self, service: str) -> AsyncGenerator[Process]:
        """Run a second member of a service inside the block; it shuts down cleanly."""
        member = Member(service, 2, self.altered.get(service, ()))
        process = member.process(self.site, self.endpoints)
        await process.start()
        self.members[member.name] = process
        try:
            yield process
        finally:
            del self.members[member.name]
            await process.stop(_STOP_WITHIN_S)

    @asynccontextmanager
    async def supervised(self, process: Process) -> AsyncGenerator[None]:
        """Restart the process, without backoff, whenever it exits."""
        watch = asyncio.create_task(self._restart_forever(process))
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    @asynccontextmanager
    async def without_services(self) -> AsyncGenerator[None]:
        """Stop every service cleanly; restart them after the block."""
        self._may_run.clear()
        await asyncio.gather(*(member.stop(_STOP_WITHIN_S) for member in self.members.values()))
        yield
        self._may_run.set()

    async def _restart_forever(self, process: Process) -> None:
        while True:
            await process.wait_for_exit()
            await self._may_run.wait()
            self.deaths[process.name] = self.deaths.get(process.name, 0) + 1
            await asyncio.sleep(_RESTART_AFTER_S)
            with suppress(StartError):
                await process.start()

    async def command(self, *arguments: str) -> str:
        """Run ``route311`` against this router; return its output.

        Raises:
            RuntimeError: The command failed.
        """
        process = await asyncio.create_subprocess_exec(
            _COMMAND,
            *arguments,
            "--data",
            str(self.site.folder.path),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(output.decode())
        return output.decode()


@asynccontextmanager
async def running_router(
    data: Path,
    *,
    seed: int,
    brokers: int = 1,
    altered: Mapping[str, Sequence[str]] | None = None,
    services: Sequence[str] = SERVICES,
) -> AsyncGenerator[RouterUnderTest]:
    """Run a router in a folder of its own.

    Args:
        data: The folder, which PostgreSQL's user can enter.
        seed: Seed of the proxies' jitter.
        brokers: The number of brokers; from three on, every topic has three replicas with a
            minimum of two in sync.
        altered: Module and arguments to run in place of a service, by service.
        services: Services to start.
    """
    random = Random(seed)
    async with open_site(data) as site, AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(
                tcp_proxy(LOOPBACK, site.ports.port(link_port_name(Node(number, brokers))), random)
            )
            for number in range(1, brokers + 1)
        ]
        nodes = [Node(number, brokers, link.port) for number, link in enumerate(links, 1)]
        stores = await stack.enter_async_context(
            run_all(
                [
                    running_postgres(site),
                    running_mail(site),
                    *(running_broker(site, node) for node in nodes),
                ]
            )
        )
        router = await _build(site, stores, links, stack, random)
        router._may_run.set()  # noqa: SLF001 - its own maker
        router.altered = altered or {}
        await router.add(*(Member(name, 1, router.altered.get(name, ())) for name in services))
        async with router._stack:  # noqa: SLF001 - its own maker
            write_stack(site.folder.stack_file, _stack(router))
            yield router


def _stack(router: RouterUnderTest) -> Stack:
    """Return the addresses that the command line needs."""
    nowhere: dict[str, Any] = dict.fromkeys(SERVICES, "")
    started = {name: f"http://{p.program.address}" for name, p in router.members.items()}
    return Stack(
        kafka=router.access.bootstrap,
        kafka_auth=kafka_auth(router.access),
        postgres=router.admin_dsn,
        postgres_operations=router.admin_dsn,
        mail=f"smtp://{router.mail.program.address}",
        mail_folder=router.site.folder.mail,
        keys=router.keys,
        **(nowhere | started),
    )


async def _build(
    site: Site,
    stores: Sequence[Process],
    links: Sequence[TcpProxy],
    stack: AsyncExitStack,
    random: Random,
) -> RouterUnderTest:
    postgres, mail, *brokers = stores
    access = admin_access(site.credentials, ",".join(broker.program.address for broker in brokers))
    postgres_link = await stack.enter_async_context(
        tcp_proxy(LOOPBACK, postgres.program.port, random)
    )
    dsn = admin_dsn(site, postgres)
    bureaus = load_catalogue().bureau_codes
    if len(brokers) > 1:
        await apply_topics(access, all_topics(bureaus), replication=3)
    infra = Infrastructure(site, brokers[0], postgres, mail, None, access, dsn)
    return RouterUnderTest(
        site=site,
        brokers=brokers,
        postgres=postgres,
        mail=mail,
        kafka_links=links,
        postgres_link=postgres_link,
        access=access,
        admin_dsn=dsn,
        keys=await prepare_stores(infra, bureaus),
        endpoints=Endpoints(
            bootstrap=",".join(f"{LOOPBACK}:{link.port}" for link in links),
            postgres=f"{LOOPBACK}:{postgres_link.port}",
            mail_port=mail.program.port,
        ),
    )
