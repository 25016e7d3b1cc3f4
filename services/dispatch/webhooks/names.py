"""Look-up of the addresses of webhooks' hosts."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address

from services.dispatch.rules.webhook_url import Address

_THREADS = 32


@dataclass(slots=True)
class NameLookup:
    """Looks names up in threads of its own, since a look-up can take long and cannot be stopped.

    One name has one look-up at a time, which all who want it share; so a name server that does not
    answer takes one thread. The loop's own threads stay free for the database and the broker.
    """

    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook-names"),
        init=False,
    )
    _running: dict[str, asyncio.Future[Sequence[Address]]] = field(default_factory=dict, init=False)

    async def addresses(self, host: str) -> Sequence[Address]:
        """Return the addresses of a host, the preferred one first.

        Raises:
            OSError: It has none.
        """
        running = self._running.get(host)
        if running is None:
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._threads, _look_up, host)
            self._running[host] = running
            running.add_done_callback(lambda done: self._forget(host, done))
        return await asyncio.shield(running)

    def close(self) -> None:
        """Begin no more look-ups."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _forget(self, host: str, done: "asyncio.Future[Sequence[Address]]") -> None:
        del self._running[host]
        if not done.cancelled():
            done.exception()  # whoever wanted it may have given up


def _look_up(host: str) -> Sequence[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError:  # a label of more than 63 characters
        raise socket.gaierror(socket.EAI_NONAME, "no such name") from None
    return [ip_address(address[0]) for *_, address in found]
