"""What a program of a stack is, before it runs."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import LOOPBACK
from deploy.local.readiness import Probe


@dataclass(frozen=True, slots=True)
class Account:
    """A system user that a program runs as, when the stack itself runs as root."""

    user_id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how to tell that it works.

    Attributes:
        port: Where it listens on the loopback interface; ``answers`` asks there.
        environment: All that the program sees; None is a copy of ours.
        stop_signal: What asks it to end in good order.
    """

    name: str
    argv: Sequence[str]
    port: int
    answers: Probe
    environment: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    directory: Path | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{LOOPBACK}:{self.port}"
