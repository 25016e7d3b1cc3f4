"""Calls of a service that is busy or down."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from console.api import ServiceApi, ServiceBusyError, ServiceDownError
from console.store import Person
from shared.staff_roles import Role

KIM = Person(
    uuid4(),
    "kim",
    Role.AGENT,
    has_first_password=False,
    keys="on",
    form_token=uuid4().hex,
    has_just_logged_in=True,
)
KEY, ROLE, ACTOR = "Idempotency-Key", "Route311-Role", "Route311-Actor"


@asynccontextmanager
async def service(
    *statuses: int,
) -> AsyncGenerator[tuple[ServiceApi, Sequence[web.Request]]]:
    """A service with these answers, one after the other, and the calls that it got."""
    left, calls = list(statuses), list[web.Request]()

    async def answer(request: web.Request) -> web.Response:
        calls.append(request)
        return web.json_response({}, status=left.pop(0))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        yield ServiceApi(session), calls


async def test_a_command_is_given_again_with_the_same_key_while_the_service_is_busy() -> None:
    async with service(503, 429, 200) as (api, calls):
        answer = await api.post("/v1/cases/1/commands", KIM, {"command": "note"})

        assert answer.is_done
        assert len(calls) == 3
        assert len({call.headers[KEY] for call in calls}) == 1
        assert {call.headers[ROLE] for call in calls} == {"agent"}


async def test_what_a_path_says_is_done_in_the_name_of_a_person_of_any_letters() -> None:
    async with service(200) as (api, calls):
        await api.act("/v1/media/1/release", replace(KIM, name="Zoë"))

    assert (calls[0].method, calls[0].headers[ROLE]) == ("POST", "agent")
    assert calls[0].headers[ACTOR] == "Zo%C3%AB"


async def test_who_stays_busy_is_asked_no_more_than_three_times() -> None:
    async with service(503, 503, 503, 200) as (api, calls):
        with pytest.raises(ServiceBusyError):
            await api.get("/v1/cases")

        assert len(calls) == 3


@pytest.mark.parametrize("status", [401, 500, 502])
async def test_a_service_that_fails_is_not_asked_again(status: int) -> None:
    async with service(status, 200) as (api, calls):
        with pytest.raises(ServiceDownError):
            await api.get("/v1/cases")

        assert len(calls) == 1
