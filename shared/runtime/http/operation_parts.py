"""Parts of the descriptions of routes with a key, for the OpenAPI document."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from shared.runtime.http.openapi import RETRY_AFTER, Content, Parameter, problem

IDEMPOTENT: Mapping[str, Parameter] = {
    "Idempotency-Key": Parameter(
        "Id of it, at most 500 characters: a repeat gets the same answer. A blank one counts as "
        "left out.",
        Annotated[str, Field(max_length=500)],
    )
}
_CHALLENGE: Mapping[str, Parameter] = {
    "WWW-Authenticate": Parameter("Bearer.", Literal["Bearer"], required=True)
}
UNAVAILABLE: Mapping[int, Content] = {
    503: problem("It cannot be answered at the moment; call again.", RETRY_AFTER)
}
KEY_REFUSALS: Mapping[int, Content] = {
    401: problem("The key is missing or unknown.", _CHALLENGE),
    403: problem("The key is of another kind of caller."),
    429: problem("The key or the address calls too often.", RETRY_AFTER),
    **UNAVAILABLE,
}
JSON_REFUSALS: Mapping[int, Content] = {
    400: problem("The body is no JSON, or the Idempotency-Key is unusable."),
    408: problem("The body did not arrive in time."),
    413: problem("The body is larger than 1 MiB."),
    415: problem("The body is of another type."),
}
