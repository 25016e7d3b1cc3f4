"""HTTP calls of the services from the command line."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from cli.connection import load_stack
from shared.errors import Route311Error


class BrokenCallError(Route311Error):
    """The connection broke during a call."""

    code = "broken_call"


class RefusedCallError(Route311Error):
    """The server responded with a problem."""

    code = "refused"


@contextmanager
def answer_expected(server: str, advice: str) -> Generator[None]:
    """Translate a broken connection to BrokenCallError with advice: the call may have succeeded."""
    try:
        yield
    except aiohttp.ClientError as error:
        if isinstance(error, OSError):
            raise
        raise BrokenCallError(
            f"{server} closed the connection before its response; {advice}"
        ) from None


def call(data: Path, method: str, path: str, **sent: Any) -> Any:  # noqa: ANN401 - any JSON
    """Call dispatch as the operator; return its JSON, or raise RefusedCallError or BrokenCallError.

    ``sent`` are further arguments of ``aiohttp``, such as ``json``.
    """

    async def answered() -> Any:  # noqa: ANN401 - any JSON
        async with operator_session(data) as session, session.request(method, path, **sent) as got:
            return await answer_of(got)

    with answer_expected("dispatch", "check first whether the call took effect"):
        return asyncio.run(answered())


@asynccontextmanager
async def operator_session(data: Path) -> AsyncGenerator[aiohttp.ClientSession]:
    """Open a session with dispatch that sends the operator's key."""
    stack = load_stack(data)
    headers = {"Authorization": f"Bearer {stack.keys.operator}"}
    async with aiohttp.ClientSession(stack.dispatch, headers=headers) as session:
        yield session


async def answer_of(response: aiohttp.ClientResponse) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON of a response; RefusedCallError for a problem."""
    answer = await response.json(content_type=None)
    if response.status >= HTTPStatus.BAD_REQUEST:
        raise RefusedCallError(explanation(answer))
    return answer


def explanation(problem: dict[str, Any]) -> str:
    """Return the message of a problem, by field if it names any."""
    fields = [f"{error['field']}: {error['message']}" for error in problem.get("errors", ())]
    return "; ".join(fields) or f"{problem.get('title')}: {problem.get('detail')}"
