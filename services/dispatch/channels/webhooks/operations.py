"""Descriptions of the webhooks' routes for the OpenAPI document."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, StrictBool

from shared.contract.events import Data
from shared.delivery_attempts import BreakerState
from shared.runtime.http.calls import JSON
from shared.runtime.http.list_queries import BAD_CURSOR, BAD_QUERY, PAGE
from shared.runtime.http.openapi import (
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    problem,
)


class WebhookSetting(Data):
    """Setting of a bureau's webhook."""

    model_config = ConfigDict(extra="forbid")

    url: str
    """The URL: ``https``, or ``http`` to an address of ``DISPATCH_WEBHOOK_ALLOW``."""
    enabled: StrictBool
    """Whether it is called."""


class WebhookWithSecrets(Data):
    """A webhook with its secrets."""

    url: str
    """The URL."""
    enabled: bool
    """Whether it is called."""
    secrets: list[str]
    """The secrets that sign each call, ``whsec_`` and base64, the oldest first."""


class WebhookStatus(Data):
    """State of a webhook."""

    url: str
    """The URL."""
    enabled: bool
    """Whether it is called."""
    disabled_reason: Literal["operator", "gone"] | None
    """Why it is not called: an operator switched it off, or it answered 410."""
    breaker: BreakerState
    """The circuit breaker: ``open`` after five failures in a row, then one probe every 30 s."""
    oldest_undelivered_at: AwareDatetime | None
    """Time of the oldest event that waits, UTC; null for none."""


class LoggedCall(Data):
    """A call of a webhook."""

    event_id: str
    """Id of the event, which is the ``webhook-id``."""
    case_id: str
    """Id of the case that it is about."""
    at: AwareDatetime
    """When the call ended, UTC."""
    attempt: int
    """Which attempt it was, from 1."""
    status: int | None
    """HTTP status of the answer; null without one."""
    duration_ms: int
    """How long it took."""
    error: str | None
    """Why it counts as failed; null for a delivery."""


class CallLog(Data):
    """A page of the log of calls."""

    deliveries: list[LoggedCall]
    """The calls, oldest first."""
    next: str
    """The cursor for the next call."""
    more: bool
    """Whether there are more by now."""


class ReplayedEvents(Data):
    """Events to send again, by their ids."""

    model_config = ConfigDict(extra="forbid")

    event_ids: Annotated[list[str], Field(max_length=10_000)]
    """The ids; unknown ones do not count."""


class ReplayedSpan(Data):
    """Events to send again, by their time."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[AwareDatetime, Field(alias="from")]
    """Time of the first ones, RFC 3339 with offset."""
    until: Annotated[AwareDatetime, Field(alias="to")]
    """Time of the last ones."""


class Replayed(Data):
    """Answer to a replay."""

    count: int
    """How many events."""


_NO_WEBHOOK = {404: problem("There is no such bureau, or it has no webhook.")}
_WITH_SECRETS = Content("The webhook with its secrets.", (JSON,), WebhookWithSecrets)
SET_WEBHOOK = Operation(
    "Set a bureau's webhook, as an operator.",
    {
        200: _WITH_SECRETS,
        404: problem("There is no such bureau."),
        422: problem("The URL is not allowed, or a field is wrong."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The webhook.", (JSON,), WebhookSetting),
    security=("operator",),
)
SHOW_WEBHOOK = Operation(
    "Show how a bureau's webhook does, with its key or an operator's.",
    {200: Content("It does so.", (JSON,), WebhookStatus), **_NO_WEBHOOK, **KEY_REFUSALS},
    security=("bureau", "operator"),
)
ROTATE_SECRET = Operation(
    "Add a second secret; both sign.",
    {
        200: _WITH_SECRETS,
        409: problem("It has two secrets: retire one first."),
        **_NO_WEBHOOK,
        **KEY_REFUSALS,
    },
    security=("operator",),
)
RETIRE_SECRET = Operation(
    "Remove the older one of two secrets.",
    {
        200: _WITH_SECRETS,
        409: problem("It has one secret alone: rotate first."),
        **_NO_WEBHOOK,
        **KEY_REFUSALS,
    },
    security=("operator",),
)
LIST_CALLS = Operation(
    "List the calls of a bureau's webhook, with its key or an operator's.",
    {
        200: Content("The next calls.", (JSON,), CallLog),
        404: problem("There is no such bureau."),
        **BAD_CURSOR,
        **BAD_QUERY,
        **KEY_REFUSALS,
    },
    query={**PAGE, "case_id": Parameter("Only those about this case.")},
    security=("bureau", "operator"),
)
REPLAY = Operation(
    "Send events to a bureau's webhook again, with its key or an operator's.",
    {
        202: Content("They are sent.", (JSON,), Replayed),
        422: problem("The body has neither event_ids nor from and to."),
        **_NO_WEBHOOK,
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("Which ones.", (JSON,), ReplayedEvents | ReplayedSpan),
    security=("bureau", "operator"),
)
