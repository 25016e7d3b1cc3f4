"""Composition root of the console."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from ipaddress import ip_network

import aiohttp
from aiohttp import web
from pydantic import HttpUrl

from console.access import HOME, LOGIN_AT_PROVIDER, Access
from console.answers import AnswerSearch
from console.api import ServiceApi
from console.desk_log import DeskLog
from console.dispatch import DispatchApi
from console.intake import IntakeApi
from console.live import LiveCases
from console.oidc import OidcLogin
from console.oidc_provider import OidcProvider
from console.pages.approvals import approval_routes
from console.pages.case import case_routes
from console.pages.delivery import delivery_routes
from console.pages.desk import desk_routes
from console.pages.insight import insight_routes
from console.pages.login import login_routes
from console.pages.map import map_routes
from console.pages.me import me_routes
from console.pages.messages import message_routes
from console.pages.parked import parked_routes
from console.pages.parts import Console
from console.pages.people import people_routes
from console.pages.queue import queue_routes
from console.pages.review import review_routes
from console.pages.sides import side_routes
from console.pages.stream import stream_routes
from console.pages.surges import surge_routes
from console.pages.unsure import unsure_routes
from console.passkeys import Passkeys
from console.service_keys import ServiceKeys
from console.settings import ConsoleSettings
from console.site import Site
from console.store import ConsoleStore
from shared.catalogue import load_catalogue
from shared.runtime.http.addresses import address_of
from shared.runtime.http.client import open_outgoing_calls
from shared.runtime.http.tracing import passing_trace_on
from shared.runtime.postgres import open_pool
from shared.runtime.service import ServiceParts
from shared.signed_tokens import TokenSigner
from shared.staff_roles import Role

_ANSWER_WITHIN_S = 10.0
_PROVIDER_WITHIN_S = 5.0
# The city names its provider, which may be in its own network.
_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_EXPIRE_EVERY_S = 600.0


@asynccontextmanager
async def console(settings: ConsoleSettings) -> AsyncGenerator[ServiceParts]:
    """Open the resources of the console, yield its parts, and close all."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings.postgres_dsn.get_secret_value()))
        store = ConsoleStore(
            pool,
            timedelta(hours=settings.session_hours),
            timedelta(minutes=settings.idle_minutes),
            settings.passkey_role,
        )
        dispatch = DispatchApi(
            await stack.enter_async_context(_session(settings, settings.dispatch_url))
        )
        intake = await open_intake(settings, stack)
        insight = await _service(settings, settings.insight_url, stack)
        notify = await _service(settings, settings.notify_url, stack)
        triage = await _service(settings, settings.triage_url, stack)
        replayers = _present(intake=intake, triage=triage, dispatch=dispatch, notify=notify)
        services = replayers | _present(insight=insight)
        live = LiveCases(dispatch)
        desk_log = DeskLog(pool, insight, settings.jurisdiction)
        stopped = asyncio.Event()
        secret = settings.challenge_secret
        parts = Console(
            access=Access(
                store,
                settings.origin,
                Passkeys(settings.origin, TokenSigner.derived(secret, "console passkeys")),
                await _oidc(settings, secret, stack),
                partial(address_of, proxies=settings.trusted_proxies),
            ),
            store=store,
            dispatch=dispatch,
            intake=intake,
            notify=notify,
            live=live,
            site=Site(
                settings.city,
                settings.timezone,
                live,
                services.keys(),
            ),
            city=settings.jurisdiction,
        )

        async def expire_sessions() -> None:
            while True:
                await store.expire_sessions()
                await asyncio.sleep(_EXPIRE_EVERY_S)

        async def work(stopping: asyncio.Event) -> None:
            """Run what has no batch to finish, and end it and the open streams at once."""
            async with asyncio.TaskGroup() as group:
                running = (
                    live.follow(),
                    live.watch_alarms(),
                    expire_sessions(),
                    desk_log.replicate(),
                )
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
                *me_routes(parts),
                *queue_routes(parts),
                *case_routes(parts),
                *side_routes(parts),
                *unsure_routes(parts),
                *surge_routes(parts),
                *approval_routes(parts),
                *delivery_routes(parts),
                *people_routes(parts, ServiceKeys(services)),
                *stream_routes(parts, stopped),
                *_intake_routes(parts, settings.jurisdiction, desk_log),
                *(insight_routes(parts, insight) if insight else ()),
                *(message_routes(parts, notify) if notify else ()),
                *parked_routes(parts, replayers),
                web.get(f"{HOME}/{{rest:.+}}", parts.page(Role.VIEWER, parts.no_page)),
            ],
        )


def _session(settings: ConsoleSettings, url: HttpUrl) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {settings.key.get_secret_value()}"}
    timeout = aiohttp.ClientTimeout(total=_ANSWER_WITHIN_S)
    trace = [passing_trace_on()]
    return aiohttp.ClientSession(str(url), headers=headers, timeout=timeout, trace_configs=trace)


async def _oidc(
    settings: ConsoleSettings, secret: bytes, stack: AsyncExitStack
) -> OidcLogin | None:
    """Return the log-in at the city's own provider; None without one."""
    if not settings.oidc_issuer:
        return None
    calls = await stack.enter_async_context(open_outgoing_calls(_ANYWHERE))
    provider = OidcProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        f"{settings.origin}{LOGIN_AT_PROVIDER}/callback",
        replace(calls, within_s=_PROVIDER_WITHIN_S),
    )
    return OidcLogin(provider, secret, settings.oidc_role_claim, settings.oidc_acr)


async def open_intake(settings: ConsoleSettings, stack: AsyncExitStack) -> IntakeApi | None:
    """Open the clients of intake and of its pages; None without their settings."""
    if settings.intake_url is None or settings.desk_key is None:
        return None
    session = await stack.enter_async_context(_session(settings, settings.intake_url))
    pages = await _service(settings, settings.pages_url, stack) or ServiceApi(session)
    return IntakeApi(session, settings.jurisdiction, settings.desk_key.get_secret_value(), pages)


async def _service(
    settings: ConsoleSettings, url: HttpUrl | None, stack: AsyncExitStack
) -> ServiceApi | None:
    if url is None:
        return None
    return ServiceApi(await stack.enter_async_context(_session(settings, url)))


def _present(**services: ServiceApi | None) -> dict[str, ServiceApi]:
    """Return the services that the settings name."""
    return {name: api for name, api in services.items() if api}


def _intake_routes(parts: Console, city: str, desk_log: DeskLog) -> Sequence[web.RouteDef]:
    """Return the routes of pages that need intake; none without it."""
    if parts.intake is None:
        return ()
    answers = AnswerSearch(load_catalogue().jurisdictions[city].faq)
    return [
        *desk_routes(parts, parts.intake, answers, desk_log),
        *review_routes(parts, parts.intake),
        *map_routes(parts, parts.intake),
    ]
