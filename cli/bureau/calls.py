"""Calls of dispatch's HTTP port as an operator."""

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from cli.connection import load_stack
from cli.problem import answer_expected, explanation
from shared.errors import Route311Error


class RefusedCallError(Route311Error):
    """Dispatch refused the call."""

    code = "refused"


def call(data: Path, method: str, path: str, **sent: Any) -> Any:  # noqa: ANN401 - any JSON
    """Call dispatch with the operator's key; return the JSON of the answer.

    Args:
        data: Folder of the running router.
        method: The HTTP method.
        path: The path with the query.
        **sent: What else ``aiohttp`` sends, such as ``json``.

    Raises:
        RefusedCallError: It answers with a problem.
        BrokenCallError: It went away in the middle of the call.
    """
    with answer_expected("dispatch", "look first whether it did what was asked"):
        return asyncio.run(_call(data, method, path, sent))


async def _call(data: Path, method: str, path: str, sent: dict[str, Any]) -> Any:  # noqa: ANN401
    stack = load_stack(data)
    headers = {"Authorization": f"Bearer {stack.keys.operator}"}
    async with (
        aiohttp.ClientSession(stack.dispatch, headers=headers) as session,
        session.request(method, path, **sent) as response,
    ):
        return await answer_of(response)


async def answer_of(response: aiohttp.ClientResponse) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON of an answer.

    Raises:
        RefusedCallError: It is a problem.
    """
    answer = await response.json(content_type=None)
    if response.status >= HTTPStatus.BAD_REQUEST:
        raise RefusedCallError(explanation(answer))
    return answer
