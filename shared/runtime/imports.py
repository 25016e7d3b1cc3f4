"""Imports of a service without unused dependencies."""

import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def lean_imports() -> Generator[None]:
    """Import the modules of a service inside the block, without parts that it never uses.

    aiohttp reads the certificates of the system twice at import, for its client: 50 ms and 3 MiB.
    A service uses the server alone, whose transport is asyncio's with its own ``ssl``.

    structlog imports ``rich``, and that Pygments, to colour tracebacks on a terminal: half of
    structlog's time and memory. The ``route311`` command needs both; a service does not.
    """
    import asyncio  # noqa: F401, PLC0415 - with ssl
    import urllib.request  # noqa: F401, PLC0415 - as well

    with _without("ssl"):
        import aiohttp  # noqa: F401, PLC0415 - before all that imports it
    with _without("rich"):
        yield


@contextmanager
def _without(package: str) -> Generator[None]:
    """Hide a package from imports inside the block."""
    present = sys.modules.pop(package, None)
    sys.modules[package] = None  # type: ignore[assignment] # documented to hide a module
    try:
        yield
    finally:
        del sys.modules[package]
        if present:
            sys.modules[package] = present
