"""A real service that dies by an exception: its port is taken."""

import os
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager

from deploy.local.process import Program
from tests.unit.deploy.probes import ready

_NOWHERE = "127.0.0.1:1"
_SECRET = "only-for-these-tests-of-deaths"  # noqa: S105 - of nothing


@contextmanager
def taken_port() -> Generator[int]:
    """Yield a port of 127.0.0.1 at which another program listens meanwhile."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def triage_at(port: int) -> Program:
    """Return triage without its stores; it listens on the port, or dies there."""
    environment = {
        "PATH": os.environ["PATH"],
        "TRIAGE_HTTP_PORT": str(port),
        "ROUTE311_KAFKA_BOOTSTRAP": _NOWHERE,
        "ROUTE311_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "ROUTE311_KAFKA_USERNAME": "triage",
        "ROUTE311_KAFKA_PASSWORD": _SECRET,
        "TRIAGE_POSTGRES_DSN": f"postgresql://route311_triage:{_SECRET}@{_NOWHERE}/postgres",
    }
    argv = (sys.executable, "-m", "services.triage")
    return Program("triage", argv, port, ready, environment)
