"""Parked records: the dead letters of every service, their bytes, and their replay."""

import asyncio
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from aiohttp import web

from console.access import HOME, ForbiddenError
from console.api import ApiAnswer, ServiceApi
from console.pages.parts import Console
from console.store import Person
from shared.staff_roles import Role

PATH = f"{HOME}/parked"
_FIRST, _PER_PAGE = "5", "50"
_ACTIONS = frozenset({"bytes", "replay"})


@dataclass(frozen=True, slots=True)
class Parked:
    """Handlers of parked records.

    Attributes:
        services: Those that replay some, by name; each knows the letters of its own topics.
    """

    console: Console
    services: Mapping[str, ServiceApi]

    async def show(self, request: web.Request, person: Person) -> web.StreamResponse:
        """List the newest records of each topic, or a page of one."""
        topics = await self._topics()
        chosen = request.query.get("topic", "")
        query = {"limit": _PER_PAGE if chosen else _FIRST}
        if "after" in request.query:
            query["after"] = request.query["after"]
        shown = [name for name in topics if chosen in {"", name}]
        pages = await asyncio.gather(*(self._page(topics[name][0], name, query) for name in shown))
        refused = next((page for page in pages if not page.is_done), None)
        return self.console.site.page(
            request,
            "parked",
            person,
            status=refused.status if refused else 200,
            problem=refused.problem if refused else "",
            chosen=chosen,
            found=[
                (name, topics[name][1], page.body)
                for name, page in zip(shown, pages, strict=True)
                if page.is_done
            ],
        )

    async def show_one(self, request: web.Request, person: Person) -> web.StreamResponse:
        """Show a record without its bytes."""
        return await self._one(request, person, await self._place(request))

    async def act(self, request: web.Request, person: Person) -> web.StreamResponse:
        """Show the bytes of a record, or replay it; both need a fresh log-in."""
        fields = await self.console.form(request, person)
        self.console.access.step_up(person, request.path)
        action = fields.get("command", "")
        if action not in _ACTIONS:
            raise ForbiddenError
        order: dict[str, Any] = {"reason": fields.get("reason", "")}
        if "again" in fields:
            order["again"] = True
        place = service, path = await self._place(request)
        answer = await service.post(f"{path}/{action}", person, order)
        if not answer.is_done:
            return await self._one(request, person, place, refused=answer)
        about = f"{answer.body['place']}: {order['reason']}"
        await self.console.record(person, f"dead_letter_{action}", about)
        if action == "bytes":
            return await self._one(request, person, place, shown=answer.body)
        raise web.HTTPSeeOther(request.path)

    async def _one(
        self,
        request: web.Request,
        person: Person,
        place: tuple[ServiceApi, str],
        *,
        refused: ApiAnswer | None = None,
        shown: Mapping[str, Any] | None = None,
    ) -> web.StreamResponse:
        service, path = place
        found = await service.get(path)
        if not found.is_done:
            return self.console.refused(request, person, found)
        return self.console.site.page(
            request,
            "parked_one",
            person,
            status=refused.status if refused else 200,
            problem=refused.problem if refused else "",
            letter=found.body,
            shown=shown,
            value=b64decode(shown["value_base64"]).decode("utf-8", "backslashreplace")
            if shown
            else "",
        )

    async def _page(self, service: str, topic: str, query: Mapping[str, str]) -> ApiAnswer:
        return await self.services[service].get(_url(service, topic), query)

    async def _topics(self) -> Mapping[str, tuple[str, int]]:
        """Return for each topic with records its service and their number, by name."""
        answers = await asyncio.gather(
            *(api.get(_url(name)) for name, api in self.services.items())
        )
        found = {
            one["topic"]: (service, one["letters"])
            for service, answer in zip(self.services, answers, strict=True)
            if answer.is_done
            for one in answer.body["topics"]
        }
        return dict(sorted(found.items()))

    async def _place(self, request: web.Request) -> tuple[ServiceApi, str]:
        """Return the service and the path of the record that the page's address names."""
        topic, offset = request.match_info["topic"], request.match_info["offset"]
        service, _ = (await self._topics()).get(topic, (next(iter(self.services)), 0))
        return self.services[service], _url(service, topic, offset)


def _url(*parts: str) -> str:
    return "/".join(["/v1/dead-letters", *(quote(part, safe="") for part in parts)])


def parked_routes(console: Console, services: Mapping[str, ServiceApi]) -> Sequence[web.RouteDef]:
    """Return the routes of parked records."""
    pages = Parked(console, services)
    one = f"{PATH}/{{topic}}/{{offset}}"
    return [
        web.get(PATH, console.page(Role.SUPERVISOR, pages.show)),
        web.get(one, console.page(Role.SUPERVISOR, pages.show_one)),
        web.post(one, console.page(Role.SUPERVISOR, pages.act)),
    ]
