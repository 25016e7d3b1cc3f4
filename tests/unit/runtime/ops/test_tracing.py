import os
import subprocess
import sys
from collections.abc import Generator

import pytest

from tests.support.otlp_collector import Collector, otlp_collector

PROGRAM = """
from opentelemetry.trace import SpanKind
from shared.runtime.ops.tracing import configure_tracing, current_trace, span_below
configure_tracing("intake")
with span_below(None, "deliver email", SpanKind.CLIENT, {}):
    print(current_trace())
"""


@pytest.fixture
def collector() -> Generator[Collector]:
    with otlp_collector() as found:
        yield found


def said_by(**environment: str) -> str:
    return subprocess.run(  # noqa: S603 - a fixed program
        [sys.executable, "-c", PROGRAM],
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def test_spans_are_sent_to_the_endpoint_of_the_environment(collector: Collector) -> None:
    trace = said_by(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    [span] = collector.spans_of("route311-intake")
    assert span.name == "deliver email"
    assert trace.startswith(f"00-{span.trace_id.hex()}-{span.span_id.hex()}-")


def test_without_an_endpoint_there_are_no_spans(collector: Collector) -> None:
    assert said_by() == "None"
    assert not collector.exported
