"""Run a service after a part of it was patched."""

from importlib import import_module
from runpy import run_module


def run_service(service: str) -> None:
    """Run the service as ``python -m services.<name>`` does."""
    import_module(f"services.{service}")
    run_module(f"services.{service}", run_name="__main__")
