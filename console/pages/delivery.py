"""Delivery of work to bureaus: webhooks with their calls, feeds, other systems and mails."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from console.access import HOME, ForbiddenError
from console.api import ApiAnswer, ServiceDownError
from console.pages.parts import Console, moment_of
from console.store import Person
from shared.staff_roles import Role

PATH = f"{HOME}/delivery"
_PER_PAGE = "100"
_NONE = 404


@dataclass(frozen=True, slots=True)
class Delivery:
    """Handlers of delivery."""

    console: Console
    zone: ZoneInfo

    async def show(self, request: web.Request, person: Person) -> web.StreamResponse:
        """List webhooks, troubled ones first, feeds, other systems and mails."""
        dispatch = self.console.dispatch
        paths = ("/v1/bureaus", "/v1/webhooks", "/v1/feeds", "/v1/forwards")
        listed, states, feeds, forwards = await asyncio.gather(*map(dispatch.get, paths))
        bureaus = listed.body["bureaus"]
        by_code = {state["bureau"]: state for state in states.body["webhooks"]}
        found = [(one, by_code[one["code"]]) for one in bureaus if one["code"] in by_code]
        found.sort(key=lambda one: (_is_well(one[1]), one[0]["code"]))
        return self.console.site.page(
            request,
            "delivery",
            person,
            webhooks=found,
            without=len(bureaus) - len(found),
            feeds=feeds.body["feeds"],
            forwards=forwards.body,
        )

    async def show_bureau(self, request: web.Request, person: Person) -> web.StreamResponse:
        """Show a bureau's webhook and a page of its calls."""
        return await self._bureau_page(request, person)

    async def act(self, request: web.Request, person: Person) -> web.StreamResponse:
        """Switch a webhook on or off, or send events again."""
        fields = await self.console.form(request, person)
        code, command = request.match_info["code"], fields.get("command", "")
        if command in {"switch_on", "switch_off"}:
            state = (await self._webhook(code)).body
            setting = {"url": state.get("url", ""), "enabled": command == "switch_on"}
            answer = await self._call("PUT", code, "webhook", setting)
        elif command == "replay":
            answer = await self._call("POST", code, "deliveries/replay", chosen(fields, self.zone))
        else:
            raise ForbiddenError
        if not answer.is_done:
            return await self._bureau_page(request, person, answer)
        await self.console.record(person, f"webhook_{command}", code)
        raise web.HTTPSeeOther(f"{PATH}/{quote(code, safe='')}")

    async def _bureau_page(
        self, request: web.Request, person: Person, refused: ApiAnswer | None = None
    ) -> web.Response:
        code, after = request.match_info["code"], request.query.get("after", "")
        state = await self._webhook(code)
        query = {"limit": _PER_PAGE, **({"after": after} if after else {})}
        calls = await self.console.dispatch.get(_url(code, "deliveries"), query)
        if failed := next((one for one in (state, calls) if not one.is_done), None):
            return self.console.refused(request, person, failed)
        return self.console.site.page(
            request,
            "bureau",
            person,
            status=refused.status if refused else 200,
            problem=refused.problem if refused else "",
            code=code,
            webhook=state.body,
            calls=calls.body["deliveries"],
            off_at=await self.console.store.last_done("webhook_switch_off", code),
            newer=calls.body["next"] if calls.body["more"] else "",
        )

    async def _webhook(self, code: str) -> ApiAnswer:
        """Return the state of a webhook; 404 without one."""
        answer = await self.console.dispatch.get(_url(code, "webhook"))
        if answer.is_done or answer.status == _NONE:
            return answer
        raise ServiceDownError(f"webhook of {code} answered {answer.status}")

    async def _call(self, method: str, code: str, what: str, body: Mapping[str, Any]) -> ApiAnswer:
        return await self.console.dispatch.call(method, _url(code, what), json=body)


def delivery_routes(console: Console) -> Sequence[web.RouteDef]:
    """Return the routes of delivery."""
    pages = Delivery(console, ZoneInfo(console.site.timezone))
    bureau = f"{PATH}/{{code}}"
    return [
        web.get(PATH, console.page(Role.SUPERVISOR, pages.show)),
        web.get(bureau, console.page(Role.SUPERVISOR, pages.show_bureau)),
        web.post(bureau, console.page(Role.SUPERVISOR, pages.act)),
    ]


def chosen(fields: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Return the events to send again: one by its id, or a span in the city's time."""
    if event_id := fields.get("event"):
        return {"event_ids": [event_id]}
    return {name: moment_of(fields.get(name, ""), zone) for name in ("from", "to")}


def _is_well(state: Mapping[str, Any]) -> bool:
    return bool(state["enabled"]) and state["breaker"] == "closed"


def _url(code: str, what: str) -> str:
    return f"/v1/bureaus/{quote(code, safe='')}/{what}"
