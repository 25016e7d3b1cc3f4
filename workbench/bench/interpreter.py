"""The Python that a benchmark and its services run on: figures of two builds do not compare."""

import platform
import sysconfig
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter and how it was built, as its own build options say; Debian's leave it out.

    Attributes:
        pgo: Whether it was configured for profile-guided optimization.
        lto: Whether it was configured for optimization at link time.
        flags: Flags of the C compiler.
    """

    implementation: str
    version: str
    compiler: str
    pgo: bool
    lto: bool
    flags: str


def running_interpreter() -> Interpreter:
    """Return the interpreter that runs this."""
    options, flags = _build_value("CONFIG_ARGS"), _build_value("CFLAGS")
    return Interpreter(
        implementation=platform.python_implementation(),
        version=platform.python_version(),
        compiler=platform.python_compiler(),
        pgo="--enable-optimizations" in options or "-fprofile-use" in flags,
        lto="--with-lto" in options or "-flto" in flags,
        flags=flags,
    )


def _build_value(name: str) -> str:
    return str(sysconfig.get_config_var(name) or "")
