"""Records of started processes, to end those that outlive a killed stack.

A process is identified by its number and its start time, never by its name: the system reuses
numbers, and any program may have the name.
"""

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.folder import DataFolder, write_json

_START_TOLERANCE_S = 1.0  # the system clock may be corrected between two readings
_POLL_S = 0.02


class ProcessRecord(BaseModel):
    """A started process: start in seconds since the epoch, and the signal of a clean exit."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    started: float
    stop_signal: int


def record_process(folder: DataFolder, name: str, pid: int, stop_signal: int) -> ProcessRecord:
    """Record a process on disk, so that a later run can end it."""
    started = psutil.Process(pid).create_time()
    record = ProcessRecord(name=name, pid=pid, started=started, stop_signal=stop_signal)
    write_json(_file(folder, name), record.model_dump())
    return record


def forget_process(folder: DataFolder, name: str) -> None:
    """Delete the record of a process that has ended."""
    _file(folder, name).unlink(missing_ok=True)


def is_running(record: ProcessRecord) -> bool:
    """Return True when this very process runs, and not another one with its number."""
    try:
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.started) <= _START_TOLERANCE_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def end_leftovers(folder: DataFolder, within_s: float = 5.0) -> list[str]:
    """End processes of an earlier run, killing them after ``within_s``; return their names."""
    records = _read_records(folder)
    left = [record for record in records if is_running(record)]
    for record in left:
        _send_signal(record, record.stop_signal)
    if not await _wait_for_exit(left, within_s):
        for record in left:
            _send_signal(record, signal.SIGKILL)
        await _wait_for_exit(left, within_s)
    for record in records:
        forget_process(folder, record.name)
    return [record.name for record in left]


def _read_records(folder: DataFolder) -> list[ProcessRecord]:
    records = []
    for file in sorted(folder.processes.glob("*.json")):
        with suppress(ValidationError):
            records.append(ProcessRecord.model_validate_json(file.read_bytes()))
    return records


def _send_signal(record: ProcessRecord, number: int) -> None:
    if is_running(record):
        with suppress(ProcessLookupError):
            os.kill(record.pid, number)


async def _wait_for_exit(records: list[ProcessRecord], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while any(is_running(record) for record in records):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_S)
    return True


def _file(folder: DataFolder, name: str) -> Path:
    return folder.processes / f"{name}.json"
