"""Run triage until SIGTERM: ``python -m services.triage``."""

from shared.runtime.imports import lean_imports

with lean_imports():
    from services.triage.app import triage
    from services.triage.settings import TriageSettings
    from shared.runtime.service import run
    from shared.runtime.startup import read_settings

run("triage", read_settings("triage", TriageSettings), triage)
