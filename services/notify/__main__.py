"""Entry point of ``python -m services.notify``."""

from shared.runtime.imports import lean_imports

with lean_imports():
    from services.notify.app import notify
    from services.notify.settings import NotifySettings
    from shared.runtime.service import BACKGROUND, run
    from shared.runtime.startup import read_settings

run("notify", read_settings("notify", NotifySettings), notify, niceness=BACKGROUND)
