"""Composition root of the console."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import aiohttp

from console.access import Access
from console.dispatch import DispatchApi
from console.live import LiveCases
from console.pages.case import case_routes
from console.pages.login import login_routes
from console.pages.parts import Console
from console.pages.people import people_routes
from console.pages.queue import queue_routes
from console.pages.stream import stream_routes
from console.passkeys import Passkeys
from console.settings import ConsoleSettings
from console.site import Site
from console.store import ConsoleStore
from shared.runtime.http.addresses import address_of
from shared.runtime.postgres import open_pool
from shared.runtime.service import ServiceParts

_ANSWER_WITHIN_S = 10.0
_EXPIRE_EVERY_S = 600.0


@asynccontextmanager
async def console(settings: ConsoleSettings) -> AsyncGenerator[ServiceParts]:
    """Open the resources of the console, yield its parts, and close all."""
    headers = {"Authorization": f"Bearer {settings.key.get_secret_value()}"}
    timeout = aiohttp.ClientTimeout(total=_ANSWER_WITHIN_S)
    async with (
        open_pool(settings.postgres_dsn.get_secret_value()) as pool,
        aiohttp.ClientSession(
            str(settings.dispatch_url), headers=headers, timeout=timeout
        ) as session,
    ):
        store = ConsoleStore(
            pool, timedelta(hours=settings.session_hours), timedelta(minutes=settings.idle_minutes)
        )
        dispatch = DispatchApi(session)
        live = LiveCases(dispatch)
        stopped = asyncio.Event()
        parts = Console(
            access=Access(
                store,
                settings.origin,
                Passkeys(settings.origin, settings.key.get_secret_value().encode()),
                partial(address_of, proxies=settings.trusted_proxies),
            ),
            store=store,
            dispatch=dispatch,
            live=live,
            site=Site(settings.city, settings.timezone, live),
        )

        async def expire_sessions() -> None:
            while True:
                await store.expire_sessions()
                await asyncio.sleep(_EXPIRE_EVERY_S)

        async def work(stopping: asyncio.Event) -> None:
            """Run what has no batch to finish, and end it and the open streams at once."""
            async with asyncio.TaskGroup() as group:
                running = (live.follow(), live.watch_alarms(), expire_sessions())
                tasks = [group.create_task(one) for one in running]
                await stopping.wait()
                stopped.set()
                for task in tasks:
                    task.cancel()

        yield ServiceParts(
            pool,
            tasks=[work],
            routes=[
                *login_routes(parts),
                *queue_routes(parts),
                *case_routes(parts),
                *people_routes(parts),
                *stream_routes(parts, stopped),
            ],
        )
