"""Run the surge watcher until SIGTERM: ``python -m services.triage.surges``."""

from shared.runtime.imports import lean_imports

with lean_imports():
    from services.triage.settings import StreamSettings
    from services.triage.surges.app import surge_stream
    from services.triage.surges.gauges import WATCHER
    from shared.runtime.service import BACKGROUND, run
    from shared.runtime.startup import read_settings

if __name__ == "__main__":
    settings = read_settings(WATCHER, StreamSettings)
    run(WATCHER, settings, surge_stream, niceness=BACKGROUND)
