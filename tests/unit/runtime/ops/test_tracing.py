import os
import subprocess
import sys
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from typing_extensions import override

PROGRAM = """
from opentelemetry.trace import SpanKind
from shared.runtime.ops.tracing import configure_tracing, current_trace, span_below
configure_tracing("intake")
with span_below(None, "deliver email", SpanKind.CLIENT, {}):
    print(current_trace())
"""
EXPORTED = list[ExportTraceServiceRequest]


@pytest.fixture
def collector() -> Generator[tuple[str, EXPORTED]]:
    """An OTLP collector, and what it was sent."""
    exported: EXPORTED = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            exported.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", exported
    server.shutdown()
    thread.join()
    server.server_close()


def said_by(**environment: str) -> str:
    return subprocess.run(  # noqa: S603 - a fixed program
        [sys.executable, "-c", PROGRAM],
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def test_spans_are_sent_to_the_endpoint_of_the_environment(
    collector: tuple[str, EXPORTED],
) -> None:
    url, exported = collector

    trace = said_by(OTEL_EXPORTER_OTLP_ENDPOINT=url)

    [resource] = exported[0].resource_spans
    [span] = resource.scope_spans[0].spans
    names = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert names["service.name"] == "route311-intake"
    assert span.name == "deliver email"
    assert trace.startswith(f"00-{span.trace_id.hex()}-{span.span_id.hex()}-")


def test_without_an_endpoint_there_are_no_spans(collector: tuple[str, EXPORTED]) -> None:
    assert said_by() == "None"
    assert not collector[1]
