"""Run insight until SIGTERM: ``python -m services.insight``."""

from shared.runtime.imports import lean_imports

with lean_imports():
    from services.insight.app import insight
    from services.insight.settings import InsightSettings
    from shared.runtime.service import BACKGROUND, run
    from shared.runtime.startup import read_settings

run("insight", read_settings("insight", InsightSettings), insight, niceness=BACKGROUND)
