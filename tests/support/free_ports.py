"""Ports for servers that tests start in other processes or later."""

import socket
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def reserved_port() -> Generator[int]:
    """Yield a port of 127.0.0.1 that nobody else is given meanwhile.

    A server that reuses addresses, as those of asyncio do, can listen on it.
    """
    with socket.socket() as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind(("127.0.0.1", 0))
        yield int(reservation.getsockname()[1])
