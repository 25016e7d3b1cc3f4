"""Client of a service's HTTP, with the console's key and a person's name and role."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import aiohttp

from console.store import Person
from shared.contract.events import new_id

_ROLE, _ACTOR = "Route311-Role", "Route311-Actor"
_BUSY = frozenset({429, 503})
_FAILED = frozenset({401, *range(500, 600)})  # 401: the console's own key is not known
_PAUSES_S = (0.3, 1.0)


class ServiceDownError(Exception):
    """A service did not answer, or not to what it was asked."""


class ServiceBusyError(ServiceDownError):
    """A service asks to call again later."""


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
    def faults(self) -> Sequence[Mapping[str, str]]:
        """The fields at fault: each with ``field``, ``code`` and ``message``."""
        return self.body.get("errors") or ()

    @property
    def problem(self) -> str:
        """Why the call was refused: the fields at fault, else the code or the title."""
        named = " ".join(f"{fault['field']}: {fault['message']}" for fault in self.faults)
        return named or self.body.get("code") or self.body.get("title") or "refused"


@dataclass(frozen=True, slots=True)
class ServiceApi:
    """Calls of a service; each raises ServiceDownError without an answer."""

    session: aiohttp.ClientSession

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, person: Person | None = None
    ) -> ApiAnswer:
        """Read; in the name of a person what not every role may."""
        headers = {_ROLE: person.role.label} if person else None
        return await self.repeat("GET", path, params=query, headers=headers)

    async def post(
        self, path: str, person: Person, body: Mapping[str, Any], form_id: str = ""
    ) -> ApiAnswer:
        """Change something in the name of a person; once, however often a form is sent."""
        order = {**body, "actor": person.name}
        whole = json.dumps([person.session_id, path, order, form_id or new_id()], default=str)
        key = sha256(whole.encode()).hexdigest()
        return await self.repeat(
            "POST",
            path,
            json=order,
            headers={_ROLE: person.role.label, "Idempotency-Key": key},
        )

    async def act(self, path: str, person: Person) -> ApiAnswer:
        """Do what a path names, in the name of a person; idempotent."""
        headers = {_ROLE: person.role.label, _ACTOR: quote(person.name)}
        return await self.repeat("POST", path, headers=headers)

    async def repeat(self, method: str, path: str, **options: Any) -> ApiAnswer:  # noqa: ANN401 - aiohttp's
        """Make an idempotent call, again while the service is busy."""
        for pause_s in _PAUSES_S:
            try:
                return await self.call(method, path, **options)
            except ServiceBusyError:
                await asyncio.sleep(pause_s)
        return await self.call(method, path, **options)

    async def call(self, method: str, path: str, **options: Any) -> ApiAnswer:  # noqa: ANN401 - aiohttp's
        """Make a call once."""
        try:
            async with self.session.request(method, path, **options) as response:
                status = response.status
                if status in _BUSY:
                    raise ServiceBusyError(f"{path} answered {status}")
                if status in _FAILED:
                    raise ServiceDownError(f"{path} answered {status}")
                return ApiAnswer(status, await response.json(content_type=None))
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
