"""Spans of HTTP calls, below the trace context that the caller sent."""

from types import SimpleNamespace

from aiohttp import ClientSession, TraceConfig, TraceRequestStartParams, web
from aiohttp.typedefs import Handler
from opentelemetry.trace import SpanKind

from shared.contract.events import usable_trace
from shared.runtime.ops.span_attributes import HTTP_STATUS
from shared.runtime.ops.tracing import current_trace, span_below

TRACEPARENT = "traceparent"
_FOR_PROBES = frozenset({"/live", "/ready", "/serving", "/metrics"})


def route_of(request: web.Request) -> str:
    """Return the route of a call as it is declared, without values; ``unknown`` for none."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


@web.middleware
async def traced_calls(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a call in a span; those of probes have none."""
    route = route_of(request)
    if route in _FOR_PROBES:
        return await handler(request)
    named = {"http.request.method": request.method, "http.route": route}
    name, parent = f"{request.method} {route}", usable_trace(request.headers.get(TRACEPARENT))
    with span_below(parent, name, SpanKind.SERVER, named) as span:
        try:
            response = await handler(request)
        except web.HTTPException as error:
            span.set_attribute(HTTP_STATUS, error.status)
            raise
        span.set_attribute(HTTP_STATUS, response.status)
        return response


def trace_of(request: web.Request) -> str | None:
    """Return the ``traceparent`` of what a call causes: that of its span, else the caller's."""
    return current_trace() or usable_trace(request.headers.get(TRACEPARENT))


def passing_trace_on() -> TraceConfig:
    """Return what makes calls to our other services carry the span that runs."""
    config = TraceConfig()
    config.on_request_start.append(_add_trace)
    return config


async def _add_trace(
    _session: ClientSession, _context: SimpleNamespace, call: TraceRequestStartParams
) -> None:
    if parent := current_trace():
        call.headers[TRACEPARENT] = parent
