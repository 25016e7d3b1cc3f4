"""``python -m services.intake`` runs intake."""

from services.intake.app import intake
from services.intake.settings import IntakeSettings
from shared.runtime.ops.service import run

run("intake", IntakeSettings(), intake)
