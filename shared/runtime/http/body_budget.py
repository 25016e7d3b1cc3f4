"""Budget of memory for the bodies of strangers: callers without a valid key."""

from collections import Counter
from dataclasses import dataclass, field

from aiohttp import web

from shared.runtime.http.addresses import address_of
from shared.runtime.http.callers import RefusedError, is_known
from shared.runtime.http.limits import HTTP_LIMITS
from shared.runtime.http.refusals import BODIES_FULL

_MOST = 24 * 1024 * 1024
_MOST_OF_ONE = _MOST // 2


@dataclass(slots=True)
class BodyBudget:
    """Bytes of strangers' bodies that a process holds at a time.

    Attributes:
        most: Bytes of all together.
        most_of_one: Bytes of one address.
    """

    most: int = _MOST
    most_of_one: int = _MOST_OF_ONE
    _held: Counter[str] = field(default_factory=Counter, init=False)
    _total: int = field(default=0, init=False)

    def try_hold(self, address: str, count: int) -> bool:
        """Hold bytes for an address; return False when there is no room."""
        if self._total + count > self.most or self._held[address] + count > self.most_of_one:
            return False
        self._held[address] += count
        self._total += count
        return True

    def release(self, address: str, count: int) -> None:
        """Release bytes that were held for an address."""
        self._total -= count
        self._held[address] -= count
        if not self._held[address]:
            del self._held[address]


BODY_BUDGET = web.AppKey("BODY_BUDGET", BodyBudget)
_HELD = web.RequestKey("HELD", int)


def hold_bytes(request: web.Request, count: int) -> None:
    """Hold bytes of a stranger's body until the request is answered.

    Args:
        request: The request; a caller with a valid key needs no room.
        count: Bytes that were just received.

    Raises:
        RefusedError: There is no room: 503.
    """
    if is_known(request):
        return
    if not request.app[BODY_BUDGET].try_hold(_address(request), count):
        raise RefusedError(BODIES_FULL.response())
    request[_HELD] = request.get(_HELD, 0) + count


def release_bytes(request: web.Request) -> None:
    """Release the bytes that are held for a request."""
    if count := request.get(_HELD, 0):
        request.app[BODY_BUDGET].release(_address(request), count)
        request[_HELD] = 0


def _address(request: web.Request) -> str:
    return address_of(request, request.app[HTTP_LIMITS].proxies)
