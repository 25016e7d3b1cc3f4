"""Processes that a stack started and did not live to stop.

A process is known by its number and the moment it started, never by its name: numbers are used
again, and names belong to everybody.
"""

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.files import write_json
from deploy.local.folder import DataFolder

_SAME_START_S = 1.0  # the system clock may be corrected between two readings
_LOOK_EVERY_S = 0.02


class ProcessRecord(BaseModel):
    """One process that this stack started.

    Attributes:
        started: Seconds since the epoch, as ``psutil`` gives them.
        stop_signal: What asks it to end in good order.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    started: float
    stop_signal: int


def record_process(folder: DataFolder, name: str, pid: int, stop_signal: int) -> ProcessRecord:
    """Write down a process so that a later run can find it."""
    started = psutil.Process(pid).create_time()
    record = ProcessRecord(name=name, pid=pid, started=started, stop_signal=stop_signal)
    write_json(_file(folder, name), record.model_dump())
    return record


def forget_process(folder: DataFolder, name: str) -> None:
    """Drop the record of a process that has ended."""
    _file(folder, name).unlink(missing_ok=True)


def runs(record: ProcessRecord) -> bool:
    """Tell whether this very process runs, and not another one that got its number."""
    try:
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.started) <= _SAME_START_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def end_leftovers(folder: DataFolder, within_s: float = 5.0) -> list[str]:
    """End what an earlier run left behind, by force after ``within_s`` seconds.

    Returns:
        The names of the programs that were still running.
    """
    records = _read_records(folder)
    left = [record for record in records if runs(record)]
    for record in left:
        _send(record, record.stop_signal)
    if not await _gone(left, within_s):
        for record in left:
            _send(record, signal.SIGKILL)
        await _gone(left, within_s)
    for record in records:
        forget_process(folder, record.name)
    return [record.name for record in left]


def _read_records(folder: DataFolder) -> list[ProcessRecord]:
    records = []
    for file in sorted(folder.processes.glob("*.json")):
        with suppress(ValidationError):
            records.append(ProcessRecord.model_validate_json(file.read_bytes()))
    return records


def _send(record: ProcessRecord, number: int) -> None:
    if runs(record):
        with suppress(ProcessLookupError):
            os.kill(record.pid, number)


async def _gone(records: list[ProcessRecord], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while any(runs(record) for record in records):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_LOOK_EVERY_S)
    return True


def _file(folder: DataFolder, name: str) -> Path:
    return folder.processes / f"{name}.json"
