"""Repeated attempts of a transaction that others got in the way of."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from shared.errors import DatabaseBusyError

T = TypeVar("T")

_ATTEMPTS = 3


async def attempt(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return the result of a transaction; repeat it after a conflict, such as with its repeat.

    Raises:
        DatabaseBusyError: The third attempt had a conflict, too.
    """
    for _ in range(1, _ATTEMPTS):
        try:
            return await work()
        except DatabaseBusyError:
            continue
    return await work()
