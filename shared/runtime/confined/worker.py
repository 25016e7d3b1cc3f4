"""The worker: a warm process that forks for each job, so that jobs are isolated."""

import gc
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

SIZE_BYTES = 8  # bytes of the big-endian size before each job and each answer
_FAILED = 70
_NICENESS = 5
_STANDARD_STREAMS = 3
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class JobLimits:
    """The limits of one job, whose process is killed when it exceeds one."""

    memory_bytes: int
    cpu_s: float
    cpu_s_per_mb: float = 0.0


def serve(work: Callable[[bytes], Iterable[bytes]], limits: JobLimits) -> None:
    """Answer jobs on standard input until it ends; ``work`` returns an answer in pieces.

    Each has a process of its own, without files, sockets, environment and child processes. When
    one dies, this process exits without an answer. Everything that ``work`` imports must be
    imported before.
    """
    step_back()
    nothing = os.open(os.devnull, os.O_RDONLY)
    limit_resources({resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0})
    gc.freeze()
    gc.disable()  # a collection would write to every page that the forks share
    while head := sys.stdin.buffer.read(SIZE_BYTES):
        job = sys.stdin.buffer.read(int.from_bytes(head))
        child = os.fork()
        if not child:
            os.dup2(nothing, sys.stdin.fileno())
            _run(work, job, limits)
        if status := os.waitpid(child, 0)[1]:
            os._exit(abs(os.waitstatus_to_exitcode(status)))


def _run(work: Callable[[bytes], Iterable[bytes]], job: bytes, limits: JobLimits) -> NoReturn:
    code = _FAILED
    try:
        limit_resources(
            {
                resource.RLIMIT_AS: limits.memory_bytes,
                resource.RLIMIT_NPROC: 0,
                resource.RLIMIT_NOFILE: _STANDARD_STREAMS,
            }
        )
        cpu_s = limits.cpu_s + limits.cpu_s_per_mb * len(job) / _MB
        signal.setitimer(signal.ITIMER_PROF, cpu_s)  # its signal ends the process
        answer, stream = [*work(job)], sys.stdout.buffer
        stream.writelines([sum(map(len, answer)).to_bytes(SIZE_BYTES), *answer])
        stream.flush()
        code = 0
    finally:
        os._exit(code)


def step_back() -> None:
    """Yield CPU and memory to the services."""
    os.nice(_NICENESS)
    with suppress(OSError):  # where memory runs out, this process goes before any service
        Path("/proc/self/oom_score_adj").write_text("1000")


def limit_resources(limits: Mapping[int, int]) -> None:
    """Lower limits of this process for good; lower limits of the system stay.

    The hard limit of CPU time is a second more, so that a process ends by SIGXCPU, which names the
    reason, and not by SIGKILL.
    """
    for kind, limit in limits.items():
        most = limit + (kind == resource.RLIMIT_CPU)
        _, hard = resource.getrlimit(kind)
        lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (min(limit, lowest), lowest))
