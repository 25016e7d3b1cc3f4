"""Imports of a service without optional packages that it never uses."""

import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def without(*packages: str) -> Generator[None]:
    """Let imports inside the block find these packages missing, although they are installed.

    structlog imports ``rich``, and that Pygments, to colour tracebacks on a terminal: half of
    structlog's time and memory. The ``route311`` command needs both; a service does not.
    """
    hidden = [package for package in packages if package not in sys.modules]
    for package in hidden:
        sys.modules[package] = None  # type: ignore[assignment] # documented to hide a module
    try:
        yield
    finally:
        for package in hidden:
            del sys.modules[package]
