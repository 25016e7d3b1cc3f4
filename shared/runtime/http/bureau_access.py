"""Authorization of calls about bureaus."""

from collections.abc import Collection
from dataclasses import dataclass

from aiohttp import web

from shared.runtime.http.callers import BUREAU, OPERATOR, Callers, RefusedError
from shared.runtime.http.problem_details import problem_response


@dataclass(frozen=True, slots=True)
class BureauAccess:
    """Authorizes calls per bureau; raises RefusedError for callers without the right."""

    callers: Callers
    bureaus: Collection[str]

    async def bureau(self, request: web.Request) -> str:
        """Return the code of the calling bureau."""
        return (await self.callers.caller(request, BUREAU)).name

    async def own(self, request: web.Request) -> str:
        """Return the code in the path, which must be that of the calling bureau."""
        return self._checked(request, await self.bureau(request))

    async def own_or_operator(self, request: web.Request) -> str:
        """Return the code in the path, for that bureau or an operator."""
        caller = await self.callers.caller(request, BUREAU, OPERATOR)
        return self._checked(request, caller.name if caller.scope == BUREAU else None)

    async def operator(self, request: web.Request) -> tuple[str, str]:
        """Return the code in the path, and the name of the calling operator."""
        operator = await self.callers.operator(request)
        return self._checked(request, None), operator

    def _checked(self, request: web.Request, caller: str | None) -> str:
        code = request.match_info["code"]
        if caller is not None and caller != code:
            detail = "The path names another bureau. Use your own code."
            raise RefusedError(problem_response(403, "Another bureau's", detail))
        if code not in self.bureaus:
            detail = "There is no bureau with this code. The codes are in the catalogue."
            raise RefusedError(problem_response(404, "No such bureau", detail))
        return code
