"""Client of dispatch's operators' API."""

from collections.abc import AsyncGenerator

import aiohttp

from console.api import ServiceApi, ServiceDownError

_STREAM_SILENT_S = 40.0  # a comment comes every 15 s


class DispatchApi(ServiceApi):
    """Calls of dispatch, and its stream of changes."""

    __slots__ = ()

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
            raise ServiceDownError(type(error).__name__) from error
