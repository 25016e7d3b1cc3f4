"""The map: open cases as pins by priority, and the same as a list."""

import re
from collections.abc import Sequence

from aiohttp import web

from console.access import HOME
from console.intake import IntakeApi
from console.pages.parts import Console, passed_on
from console.pages.queue import api_query
from console.site import MAP_POLICY
from console.store import Person
from shared.staff_roles import Role

PATH = f"{HOME}/map"
TILES = f"{PATH}/tiles.pmtiles"
_MOST_PINS = "200"
_BOX = re.compile(r"(-?\d{1,3}(\.\d{1,12})?)(,-?\d{1,3}(\.\d{1,12})?){3}")


def with_map(page: web.Response) -> web.Response:
    """Return a page on which a map may be drawn."""
    page.headers["Content-Security-Policy"] = MAP_POLICY
    return page


def map_routes(console: Console, intake: IntakeApi) -> Sequence[web.RouteDef]:
    """Return the routes of the map, and of its tiles."""

    async def show(request: web.Request, person: Person) -> web.StreamResponse:
        box = request.query.get("bbox", "")
        view = {"bbox": box} if _BOX.fullmatch(box) else {}
        answer = await console.dispatch.get("/v1/cases", {**api_query(view), "limit": _MOST_PINS})
        if not answer.is_done:
            return console.refused(request, person, answer)
        page = console.site.page(
            request,
            "map",
            person,
            cases=answer.body["cases"],
            total=answer.body["total"],
            tiles=TILES,
        )
        return with_map(page)

    async def tiles(request: web.Request, _: Person) -> web.StreamResponse:
        return await passed_on(request, intake.pages, f"/tiles/{intake.city}.pmtiles")

    return [
        web.get(PATH, console.page(Role.VIEWER, show)),
        web.get(TILES, console.file(Role.VIEWER, tiles)),
    ]
