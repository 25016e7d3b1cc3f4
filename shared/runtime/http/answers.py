"""Answers of other servers."""

from typing import Any

import aiohttp
import pydantic_core


async def read_json(response: aiohttp.ClientResponse, most_bytes: int) -> Any:  # noqa: ANN401 - anything may come from outside
    """Return the JSON value of an answer.

    Args:
        response: The answer; its body is not read yet.
        most_bytes: The longest body that is read.

    Raises:
        ValueError: It is longer, is no JSON, or is nested too deeply.
        aiohttp.ClientError: It broke off.
        TimeoutError: It did not arrive in time.
    """
    body = b""
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > most_bytes:
            raise ValueError("too long an answer")
    return pydantic_core.from_json(body)
