"""Extensions of Schemathesis: our media types, ids that exist, and failures that are none."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import schemathesis
from lxml import etree
from pydantic import TypeAdapter
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import IgnoredAuth
from typing_extensions import override

from services.intake.channels.api.operations import EXAMPLE_ID
from services.intake.channels.open311.schema import (
    Discovery,
    ErrorEntry,
    Open311Service,
    RequestAccepted,
    RequestUpdate,
    ServiceDefinition,
    ServiceRequest,
    UpdateTaken,
)
from services.intake.channels.pages.site import assets_of
from shared.catalogue import load_catalogue
from shared.contract.events import new_id
from shared.runtime.http.twilio import sign
from tests.support.open311_xml import plain

_BY_ROOT: Mapping[str, TypeAdapter[Any]] = {
    "discovery": TypeAdapter(Discovery),
    "services": TypeAdapter(list[Open311Service]),
    "service_definition": TypeAdapter(ServiceDefinition),
    "service_requests": TypeAdapter(list[ServiceRequest | RequestAccepted]),
    "service_request_updates": TypeAdapter(list[RequestUpdate | UpdateTaken]),
    "errors": TypeAdapter(list[ErrorEntry]),
}
_CATALOGUE = load_catalogue()
_ASSET = assets_of(_CATALOGUE.jurisdictions["portland.gov"])["pages.css"].url.rpartition("/")[2]
_BOX = "-122.7,45.5,-122.6,45.6"
_LISTS = {"services", "service_requests", "service_request_updates", "errors"}


@schemathesis.serializer("application/x-ndjson")
def one_line(_: Any, value: Any) -> bytes:
    """Return a bulk body with one line; the document's example is no repeat each time."""
    if isinstance(value, dict) and value.get("id") == EXAMPLE_ID:
        value = value | {"id": new_id()}
    return json.dumps(value).encode()


@schemathesis.deserializer("application/x-ndjson")
def answer_to_one_line(_: Any, response: Response) -> Any:
    """Return the answer to the line."""
    [line] = response.content.splitlines()
    return json.loads(line)


@schemathesis.deserializer("text/xml")
def json_of_xml(_: Any, response: Response) -> Any:
    """Return what the same document would be in JSON; TwiML and a feed are texts."""
    root = etree.fromstring(response.content)
    if root.tag == "Response" or str(root.tag).endswith("}feed"):
        return response.text
    content = plain(root) or ([] if root.tag in _LISTS else {})
    adapter = _BY_ROOT[str(root.tag)]
    return adapter.dump_python(adapter.validate_python(content), mode="json", exclude_unset=True)


class GatewaySignature(AuthBase):
    """The signature of the SMS gateway."""

    @override
    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")
        fields = parse_qsl(body, keep_blank_values=True)
        token = os.environ["SMS_TOKEN"].encode()
        request.headers["X-Twilio-Signature"] = sign(token, request.url or "", fields)
        return request


@schemathesis.hook
def before_call(_: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Sign what the SMS gateway would."""
    if case.operation.path == "/v1/channels/sms":
        kwargs["auth"] = GatewaySignature()


@schemathesis.hook
def map_path_parameters(
    _: HookContext, path_parameters: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Make some tokens and numbers that of a request that exists, and some names an asset's.

    The code of a bureau, as an answer told it, becomes that of the bureau with the key.
    """
    known = {
        "token": os.environ["TRACKING_NUMBER"],
        "number": os.environ["TRACKING_NUMBER"],
        "name": _ASSET,
        "code": "PBOT-MOD",
        "city": "portland.gov",
        "work_order_id": os.environ["TRACKING_NUMBER"],
        "case_id": os.environ["CASE_ID"],
    }
    return path_parameters and {
        name: known[name]
        if name in known and (len(str(value)) % 2 or value in _CATALOGUE.bureau_codes)
        else value
        for name, value in path_parameters.items()
    }


@schemathesis.hook
def map_query(_: HookContext, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Make bounds those of a small box, and begin lists at their beginning."""
    if not query:
        return query
    known = {"bounds": _BOX} if query.get("bounds") else {}
    return {name: value for name, value in query.items() if name != "after"} | known


@schemathesis.hook
def map_body(_: HookContext, body: Any) -> Any:
    """Make some updates those of a request that exists."""
    if isinstance(body, dict) and len(str(body.get("service_request_id", ""))) % 2:
        return body | {"service_request_id": os.environ["TRACKING_NUMBER"]}
    return body


@schemathesis.hook
def after_call(_: HookContext, case: Case[Any], response: Response) -> None:
    """Tell the test how each operation answered."""
    with Path(os.environ["STATUSES"]).open("a") as statuses:
        statuses.write(f"{case.operation.label}\t{response.status_code}\n")


@schemathesis.hook
def filter_failure(_: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Drop failures that the contract wants, and those of a busy machine."""
    if isinstance(failure, IgnoredAuth):
        return "got `503" not in failure.message  # the key was not looked up in time
    if response.status_code == 503:
        return "503" not in case.operation.responses.status_codes
    if isinstance(failure, AcceptedNegativeData):
        return not (_is_refused_inside(case, response) or _is_overridden(case))
    return True


def _is_refused_inside(case: Case[Any], response: Response) -> bool:
    """Return True for an answer whose body says that the request is wrong."""
    if case.operation.path == "/v1/submissions/bulk":
        return "problem" in json.loads(response.content)
    if case.operation.path == "/v1/submissions/preview":
        return bool(json.loads(response.content)["errors"])
    return False


def _is_overridden(case: Case[Any]) -> bool:
    """Return True for a list by numbers, which override all other filters."""
    return bool(str(case.query.get("service_request_id") or "").strip())
