import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands import COMMANDS, CliCommand
from cli.main import describe
from shared.errors import Route311Error

HEAVY = ("aiohttp", "aiokafka", "asyncpg", "jinja2", "pydantic", "shapely", "yaml")
IMPORTED_BY_HELP = f"""
import sys
from cli.main import build
try:
    build(["--help"])(["--help"])
except SystemExit:
    sys.exit(" ".join(set(sys.modules) & set({HEAVY!r})))
"""


def route311(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("route311")
    return subprocess.run((program, *arguments), capture_output=True, text=True, check=False)  # noqa: S603 - ours


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_list_of_commands_says_what_the_command_itself_says(command: CliCommand) -> None:
    found = command.load()
    own = found.__doc__ if callable(found) and found.__doc__ else None
    text = getattr(getattr(found, "info", None), "help", None) or own or ""

    assert text.strip().splitlines()[0] == command.help


def test_help_lists_every_command_and_loads_none() -> None:
    done = subprocess.run(  # noqa: S603 - ours
        (sys.executable, "-c", IMPORTED_BY_HELP), capture_output=True, text=True, check=False
    )

    assert done.stderr == "\n"
    assert all(command.name in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("arguments", [("nonsense",), ("up", "--nonsense"), ()])
def test_wrong_usage_is_exit_code_two(arguments: tuple[str, ...]) -> None:
    assert route311(*arguments).returncode == 2


def test_the_version_is_told() -> None:
    assert route311("--version").stdout == "route311 0.1.0\n"


def test_what_goes_wrong_is_one_line_on_stderr_and_exit_code_one(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()

    done = route311("up", "--data", str(tmp_path))

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"route311: {tmp_path} is not empty and was not made by route311; choose another folder"
    ]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FileNotFoundError(2, "No such file or directory", "a.csv"), "a.csv: No such file"),
        (ConnectionRefusedError("refused"), "refused"),
        (TimeoutError(), "TimeoutError"),
        (Route311Error("no router"), "no router"),
    ],
)
def test_errors_are_described_by_what_and_where(error: Route311Error | OSError, text: str) -> None:
    assert describe(error).startswith(text)
