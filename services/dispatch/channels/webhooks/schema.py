"""Bodies of the webhooks' routes as models, which the OpenAPI document describes."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, StrictBool

from shared.contract.events import Data
from shared.delivery_attempts import BreakerState


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
