"""Entry point of the service: ``python -m services.intake``."""

from shared.runtime.imports import lean_imports

with lean_imports():
    from services.intake.app import intake
    from services.intake.settings import IntakeSettings
    from shared.runtime.service import run
    from shared.runtime.startup import read_settings

run("intake", read_settings("intake", IntakeSettings), intake)
