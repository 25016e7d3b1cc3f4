"""Entry point of the service: ``python -m services.intake``."""

from services.intake.app import intake
from services.intake.settings import IntakeSettings
from shared.runtime.service import run

run("intake", IntakeSettings(), intake)
