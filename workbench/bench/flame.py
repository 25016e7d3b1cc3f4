"""Flame graphs of the services, by py-spy where it is installed."""

import asyncio
import shutil
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.errors import Route311Error
from shared.runtime.migrate import SERVICES
from workbench.bench.usage import process_usage

_PYTHON_PARTS = frozenset({*SERVICES, "surge watcher"})
_SAMPLES_PER_S = 50
_LONGEST_S = 3600
_WRITE_WITHIN_S = 60.0
_NO_SAMPLES = b"No stack counts found"  # a process that did nothing has no picture


class NoProfilerError(Route311Error):
    """py-spy is not installed, or may not look into other processes."""

    code = "no_profiler"


def find_profiler() -> str:
    """Return the path of py-spy.

    Raises:
        NoProfilerError: It is not installed.
    """
    beside = Path(sys.executable).with_name("py-spy")
    found = str(beside) if beside.exists() else shutil.which("py-spy")
    if found is None:
        raise NoProfilerError(
            "flame graphs need py-spy: .venv/bin/uv sync --frozen --all-extras --group bench"
        )
    return found


@asynccontextmanager
async def flame_graphs(profiler: str, folder: Path) -> AsyncGenerator[None]:
    """Sample every Python process of the router, and write ``flame-<part>-<pid>.svg`` of each.

    Args:
        folder: Where the files go.

    Raises:
        NoProfilerError: py-spy may not look into the processes.
    """
    recorders = [
        await asyncio.create_subprocess_exec(
            profiler,
            *("record", "--pid", str(pid), "--output", str(_file(folder, process.part, pid))),
            *("--rate", str(_SAMPLES_PER_S), "--duration", str(_LONGEST_S), "--nonblocking"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        for pid, process in process_usage().items()
        if process.part in _PYTHON_PARTS
    ]
    try:
        yield
    finally:
        for recorder in recorders:
            if recorder.returncode is None:
                recorder.send_signal(signal.SIGINT)
        async with asyncio.timeout(_WRITE_WITHIN_S):
            texts = [(await recorder.communicate())[1] for recorder in recorders]
    failed = [text for one, text in zip(recorders, texts, strict=True) if one.returncode]
    if faults := [text for text in failed if _NO_SAMPLES not in text]:
        raise NoProfilerError(f"py-spy failed: {faults[0].decode().strip()}")


def _file(folder: Path, part: str, pid: int) -> Path:
    return folder / f"flame-{part.replace(' ', '-')}-{pid}.svg"
