"""Descriptions of the webhooks' routes for the OpenAPI document."""

from services.dispatch.channels.webhooks.schema import (
    CallLog,
    Replayed,
    ReplayedEvents,
    ReplayedSpan,
    WebhookSetting,
    WebhookStatus,
    WebhookWithSecrets,
)
from shared.runtime.http.calls import JSON
from shared.runtime.http.list_queries import BAD_CURSOR, BAD_QUERY, PAGE
from shared.runtime.http.openapi import Content, Operation, Parameter, problem
from shared.runtime.http.operation_parts import JSON_REFUSALS, KEY_REFUSALS

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
