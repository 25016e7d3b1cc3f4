"""An OTLP collector of the test's own, and the spans that it was sent."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Collector:
    """What came in at an address."""

    url: str
    exported: list[ExportTraceServiceRequest] = field(default_factory=list)

    def spans_of(self, service: str) -> Sequence[Span]:
        """Return the spans of a service, by its ``service.name``."""
        return [
            span
            for one in self.exported
            for resource in one.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            if service in {a.value.string_value for a in resource.resource.attributes}
        ]


@contextmanager
def otlp_collector() -> Generator[Collector]:
    """Take spans at a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.exported.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
