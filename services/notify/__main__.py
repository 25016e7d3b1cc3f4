"""Entry point of ``python -m services.notify``."""

from functools import partial

from shared.runtime.imports import lean_imports

with lean_imports():
    from services.notify.app import notify
    from services.notify.settings import NotifySettings, SecondProviders
    from shared.runtime.service import BACKGROUND, run
    from shared.runtime.startup import read_settings

run(
    "notify",
    read_settings("notify", NotifySettings),
    partial(notify, second=read_settings("notify", SecondProviders)),
    niceness=BACKGROUND,
)
