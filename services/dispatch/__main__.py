"""``python -m services.dispatch`` runs the dispatch service until SIGTERM."""

from shared.runtime.imports import lean_imports

with lean_imports():
    from services.dispatch.app import dispatch
    from services.dispatch.settings import DispatchSettings
    from shared.runtime.service import run
    from shared.runtime.startup import read_settings

run("dispatch", read_settings("dispatch", DispatchSettings), dispatch)
