"""Client of dispatch's operators' API, with the console's key and a person's name and role."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from console.store import Person
from shared.contract.events import new_id

_ROLE = "Route311-Role"
_STREAM_SILENT_S = 40.0  # a comment comes every 15 s


class DispatchDownError(Exception):
    """Dispatch did not answer, or answered with a server error."""


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """An answer of dispatch.

    Attributes:
        body: The JSON value; of an error, the problem details.
    """

    status: int
    body: Any

    @property
    def is_done(self) -> bool:
        """True unless the call was refused."""
        return self.status < 400  # noqa: PLR2004 - the first status of an error


@dataclass(frozen=True, slots=True)
class DispatchApi:
    """Calls of dispatch; each raises DispatchDownError without an answer."""

    session: aiohttp.ClientSession

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> ApiAnswer:
        """Read."""
        return await self._call("GET", path, params=query)

    async def post(self, path: str, person: Person, body: Mapping[str, Any]) -> ApiAnswer:
        """Change something in the name of a person."""
        return await self._call(
            "POST",
            path,
            json={**body, "actor": person.name},
            headers={_ROLE: person.role.label, "Idempotency-Key": new_id()},
        )

    async def _call(self, method: str, path: str, **options: Any) -> ApiAnswer:  # noqa: ANN401 - aiohttp's
        try:
            async with self.session.request(method, path, **options) as response:
                if response.status >= 500:  # noqa: PLR2004 - server errors
                    raise DispatchDownError(f"dispatch answered {response.status}")
                return ApiAnswer(response.status, await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise DispatchDownError(type(error).__name__) from error

    async def follow(self, last_id: str | None) -> AsyncGenerator[tuple[str, str], None]:
        """Yield id and data of each event of the stream after ``last_id``; "" for a reset."""
        headers = {"Last-Event-ID": last_id} if last_id else {}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=_STREAM_SILENT_S)
        try:
            async with self.session.get("/v1/stream", headers=headers, timeout=timeout) as response:
                response.raise_for_status()
                event_id = ""
                async for line in response.content:
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if name == "id":
                        event_id = value
                    elif name == "event":
                        event_id = ""
                    elif name == "data":
                        yield event_id, value
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise DispatchDownError(type(error).__name__) from error
