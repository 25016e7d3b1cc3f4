"""What each test measured beside its target, and the memory and CPU of processes."""

from pathlib import Path

REPORT = Path("build/hostile-report.txt")
"""The lines of the run so far."""

LINES: list[str] = []
TABLES: list[str] = []


def judge(what: str, figure: str, target: str, *, is_met: bool, why: object = "") -> None:
    """Note a line for the end of the run, and fail the test when the target is missed."""
    LINES.append(f"{'ok ' if is_met else 'RED'} {what}: {figure} (target: {target})")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n".join(LINES) + "\n")
    assert is_met, f"{LINES[-1]}\n{why}"


def reset_peak(pid: int | str) -> int:
    """Begin to watch a process's memory anew; return what it holds now, in bytes."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak_memory(pid)


def peak_memory(pid: int | str) -> int:
    """Return the most that the process held since it was reset, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def loop_cpu_ms(pid: int) -> float:
    """Return the milliseconds of CPU of a process's first thread, that of its event loop."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6
