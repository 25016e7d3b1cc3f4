"""Entry point of ``python -m console``."""

from shared.runtime.imports import lean_imports

with lean_imports():
    from console.app import console
    from console.settings import ConsoleSettings
    from shared.runtime.service import run
    from shared.runtime.startup import read_settings

run("console", read_settings("console", ConsoleSettings), console)
