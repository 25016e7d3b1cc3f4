"""Retries of a transaction after conflicts."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from shared.errors import DatabaseBusyError

T = TypeVar("T")

_ATTEMPTS = 3


async def attempt(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return the result of a transaction; retry twice after conflicts with concurrent ones."""
    for _ in range(1, _ATTEMPTS):
        try:
            return await work()
        except DatabaseBusyError:
            continue
    return await work()
