"""No picture costs more than its share of CPU and memory, or ends but as kept or refused."""

import json
import signal
import subprocess
import sys

import pytest

from tests.hostile.measuring import judge
from tests.hostile.picture_bombs import BOMBS, MAX_BYTES

CPU_S = 5.0
"""The limit is 4 s, and its last tick may come late."""
MEMORY_MIB = 1024
LAUNCHER = """
import os, sys
worker = [sys.executable, "-I", "-m", "services.intake.media.worker"]
_, status, used = os.wait4(os.posix_spawn(worker[0], worker, {}), 0)
code = os.waitstatus_to_exitcode(status)
print("\\n", used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, code, file=sys.stderr)
"""
"""Runs the worker; a process counts the memory of the one that started it, and this one has little.
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_picture_takes_no_more_than_its_share(name: str) -> None:
    picture = BOMBS[name]()
    assert len(picture) <= MAX_BYTES
    run = subprocess.run(  # noqa: S603 - our own interpreter
        (sys.executable, "-I", "-c", LAUNCHER), input=picture, capture_output=True, check=True
    )
    cpu, mib, code = run.stderr.splitlines()[-1].split()
    if int(code) == 0:
        head = json.loads(run.stdout.partition(b"\n")[0])
        fate = head.get("refused", "kept")
    else:
        fate = signal.Signals(-int(code)).name
    judge(
        name,
        f"{len(picture):,} bytes, {float(cpu):.1f} s of CPU, {int(mib):,} MiB, {fate}",
        f"{CPU_S} s, {MEMORY_MIB:,} MiB, kept or refused",
        is_met=float(cpu) <= CPU_S
        and int(mib) <= MEMORY_MIB
        and (int(code) == 0 or fate == "SIGXCPU"),
    )
