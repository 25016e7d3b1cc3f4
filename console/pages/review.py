"""Texts and pictures that wait for a person before the public sees them."""

from collections.abc import Sequence
from urllib.parse import quote

from aiohttp import web

from console.access import HOME, ForbiddenError
from console.intake import IntakeApi
from console.pages.commands import case_path
from console.pages.parts import Console, passed_on
from console.store import Person
from shared.staff_roles import Role

PATH = f"{HOME}/review"
_DECISIONS = frozenset({"release", "withhold"})


def review_routes(console: Console, intake: IntakeApi) -> Sequence[web.RouteDef]:
    """Return the routes of the review, and of pictures."""

    async def shown(
        request: web.Request, person: Person, *, status: int = 200, problem: str = ""
    ) -> web.StreamResponse:
        held = await intake.get("/v1/texts")
        texts = held.body["texts"]
        return console.site.page(
            request, "review", person, status=status, problem=problem, texts=texts
        )

    async def decide(request: web.Request, person: Person) -> web.StreamResponse:
        fields = await console.form(request, person)
        decision, number = fields.get("command", ""), fields.get("number", "")
        media = fields.get("media", "")
        if decision not in _DECISIONS:
            raise ForbiddenError
        thing = f"media/{quote(media, safe='')}" if media else f"requests/{quote(number)}/text"
        answer = await intake.act(f"/v1/{thing}/{decision}", person)
        if not answer.is_done:
            return await shown(request, person, status=answer.status, problem=answer.problem)
        what = "picture" if media else "text"
        await console.record(person, f"{what}_{decision}", media or number)
        raise web.HTTPSeeOther(case_path(fields.get("case", "")) if media else PATH)

    async def picture(request: web.Request, _: Person) -> web.StreamResponse:
        media_id = quote(request.match_info["media_id"], safe="")
        return await passed_on(request, intake, f"/v1/media/{media_id}")

    return [
        web.get(PATH, console.page(Role.DISPATCHER, shown)),
        web.post(PATH, console.page(Role.DISPATCHER, decide)),
        web.get(f"{HOME}/media/{{media_id}}", console.file(Role.VIEWER, picture)),
    ]
