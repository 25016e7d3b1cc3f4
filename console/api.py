"""Client of a service's HTTP, with the console's key and a person's name and role."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from console.store import Person
from shared.contract.events import new_id

_ROLE = "Route311-Role"
_NOT_NOW = frozenset({401, 429})  # the console's own key is unknown, or calls too often


class ServiceDownError(Exception):
    """A service did not answer, or not to what it was asked."""


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """An answer of a service.

    Attributes:
        body: The JSON value; of an error, the problem details.
    """

    status: int
    body: Any

    @property
    def is_done(self) -> bool:
        """True unless the call was refused."""
        return self.status < 400  # noqa: PLR2004 - the first status of an error

    @property
    def problem(self) -> str:
        """Why the call was refused: the fields at fault, else the code or the title."""
        faults = self.body.get("errors") or []
        named = " ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
        return named or self.body.get("code") or self.body.get("title") or "refused"


@dataclass(frozen=True, slots=True)
class ServiceApi:
    """Calls of a service; each raises ServiceDownError without an answer."""

    session: aiohttp.ClientSession

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> ApiAnswer:
        """Read."""
        return await self.call("GET", path, params=query)

    async def post(self, path: str, person: Person, body: Mapping[str, Any]) -> ApiAnswer:
        """Change something in the name of a person."""
        return await self.call(
            "POST",
            path,
            json={**body, "actor": person.name},
            headers={_ROLE: person.role.label, "Idempotency-Key": new_id()},
        )

    async def call(self, method: str, path: str, **options: Any) -> ApiAnswer:  # noqa: ANN401 - aiohttp's
        """Make any other call."""
        try:
            async with self.session.request(method, path, **options) as response:
                if response.status >= 500 or response.status in _NOT_NOW:  # noqa: PLR2004 - server errors
                    raise ServiceDownError(f"{path} answered {response.status}")
                return ApiAnswer(response.status, await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ServiceDownError(type(error).__name__) from error

    @asynccontextmanager
    async def opened(
        self, path: str, headers: Mapping[str, str]
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Read a file piece by piece."""
        try:
            async with self.session.get(path, headers=headers) as response:
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ServiceDownError(type(error).__name__) from error
