"""Run triage until SIGTERM: ``python -m services.triage``."""

from services.triage.app import triage
from services.triage.settings import TriageSettings
from shared.runtime.service import run

run("triage", TriageSettings(), triage)
