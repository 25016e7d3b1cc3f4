"""HTTP calls that go wrong, in words for a terminal."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import aiohttp

from shared.errors import Route311Error


class BrokenCallError(Route311Error):
    """The server went away in the middle of a call."""

    code = "broken_call"


@contextmanager
def answer_expected(server: str, advice: str) -> Generator[None]:
    """Tell in a sentence when a server goes away in the middle of a call.

    Args:
        server: Name of the service.
        advice: What to do, as the call may have had its effect.

    Raises:
        BrokenCallError: It went away.
        OSError: No connection to it came about, or the connection was reset.
    """
    try:
        yield
    except aiohttp.ClientError as error:
        if isinstance(error, OSError):
            raise
        raise BrokenCallError(f"{server} went away before it answered; {advice}") from None


def explanation(problem: dict[str, Any]) -> str:
    """Return what a problem says, by field where it names some."""
    fields = [f"{error['field']}: {error['message']}" for error in problem.get("errors", ())]
    return "; ".join(fields) or f"{problem.get('title')}: {problem.get('detail')}"
