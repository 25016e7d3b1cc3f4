"""``python -m services.triage`` runs triage until SIGTERM."""

from services.triage.app import triage
from services.triage.settings import TriageSettings
from shared.runtime.ops.service import run

run("triage", TriageSettings(), triage)
