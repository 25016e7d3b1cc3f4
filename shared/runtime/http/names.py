"""DNS lookups of hosts that outsiders name."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from threading import Thread
from typing import TypeAlias

from shared.network_addresses import Address

_Found: TypeAlias = "asyncio.Future[Sequence[Address]]"


@dataclass(slots=True)
class NameLookup:
    """Resolves names in threads of its own, since a lookup can take long and cannot be cancelled.

    Concurrent lookups of one name are shared, so an unresponsive name server blocks one thread. The
    loop's own threads stay free for the database and the broker, and no thread delays the end of
    the process.
    """

    _running: dict[str, _Found] = field(default_factory=dict, init=False)

    async def addresses(self, host: str) -> Sequence[Address]:
        """Return the addresses of a host, the preferred one first; OSError if it has none."""
        with suppress(ValueError):
            return [ip_address(host)]
        running = self._running.get(host)
        if running is None:
            running = asyncio.get_running_loop().create_future()
            self._running[host] = running
            running.add_done_callback(partial(self._forget, host))
            Thread(target=_look_up, args=(host, running), daemon=True).start()
        return await asyncio.shield(running)

    def _forget(self, host: str, found: _Found) -> None:
        del self._running[host]
        if not found.cancelled():
            found.exception()  # whoever wanted it may have given up


def _look_up(host: str, found: _Found) -> None:
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = [ip_address(address[0]) for *_, address in entries]
    except (OSError, UnicodeError) as error:  # a label of more than 63 characters is the latter
        settle = partial(found.set_exception, socket.gaierror(f"{type(error).__name__}"))
    else:
        settle = partial(found.set_result, addresses)
    with suppress(RuntimeError):  # the loop is closed
        found.get_loop().call_soon_threadsafe(_unless_done, found, settle)


def _unless_done(found: _Found, settle: Callable[[], None]) -> None:
    if not found.done():
        settle()
