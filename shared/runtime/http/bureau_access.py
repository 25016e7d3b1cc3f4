"""Access of callers to the bureaus."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pydantic_core
from aiohttp import web
from pydantic import ValidationError

from shared.contract.events import FieldError
from shared.runtime.http.callers import BUREAU, OPERATOR, Callers, RefusedError
from shared.runtime.http.calls import JSON
from shared.runtime.http.problem_details import problem_response


@dataclass(frozen=True, slots=True)
class BureauAccess:
    """Says whose bureau a call may be about.

    Attributes:
        callers: Identifies callers and limits their rates.
        bureaus: The codes of all bureaus.
    """

    callers: Callers
    bureaus: Collection[str]

    async def bureau(self, request: web.Request) -> str:
        """Return the code of the bureau that calls.

        Raises:
            RefusedError: It is no bureau.
        """
        return (await self.callers.caller(request, BUREAU)).name

    async def own(self, request: web.Request) -> str:
        """Return the code in the path, which is that of the bureau that calls.

        Raises:
            RefusedError: It is no bureau, or another one.
        """
        return self._checked(request, await self.bureau(request))

    async def own_or_operator(self, request: web.Request) -> str:
        """Return the code in the path; that bureau or an operator calls.

        Raises:
            RefusedError: It is neither, or there is no such bureau.
        """
        caller = await self.callers.caller(request, BUREAU, OPERATOR)
        return self._checked(request, caller.name if caller.scope == BUREAU else None)

    async def operator(self, request: web.Request) -> tuple[str, str]:
        """Return the code in the path, and the name of the operator who calls.

        Raises:
            RefusedError: It is no operator, or there is no such bureau.
        """
        operator = await self.callers.operator(request)
        return self._checked(request, None), operator

    def _checked(self, request: web.Request, caller: str | None) -> str:
        code = request.match_info["code"]
        if caller is not None and caller != code:
            detail = "This is another bureau's. Write the code of your own in the path."
            raise RefusedError(problem_response(403, "Another bureau's", detail))
        if code not in self.bureaus:
            detail = "There is no bureau with this code. The codes are in the catalogue."
            raise RefusedError(problem_response(404, "No such bureau", detail))
        return code


def refuse_fields(*errors: FieldError, code: str | None = None) -> RefusedError:
    """Return the 422 for what is wrong in a query or body.

    Args:
        errors: The fields at fault.
        code: The kind of problem, for programs.
    """
    detail = "Mend what is named under errors."
    return RefusedError(problem_response(422, "Not acceptable", detail, code=code, errors=errors))


def id_reused(what: str) -> RefusedError:
    """Return the 422 of another body under a known idempotency key.

    Args:
        what: What is sent under keys, such as ``command``.
    """
    code = "id_reused"
    message = f"Another {what} was sent under this key; send this one under a new key."
    return refuse_fields(FieldError(field="Idempotency-Key", code=code, message=message), code=code)


def field_errors(error: ValidationError) -> Sequence[FieldError]:
    """Return the errors of a body, without any value."""
    return [
        FieldError(field=".".join(map(str, fault["loc"])), code=fault["type"], message=fault["msg"])
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def no_webhook() -> RefusedError:
    """Return the 404 of a bureau without a webhook."""
    detail = "This bureau has no webhook. An operator can set one."
    return RefusedError(problem_response(404, "No webhook", detail, code="no_webhook"))


def json_response(value: object, status: int = 200) -> web.Response:
    """Return a value as JSON."""
    return web.Response(body=pydantic_core.to_json(value), status=status, content_type=JSON)
