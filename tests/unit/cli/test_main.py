import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.commands import COMMANDS
from cli.main import build, describe
from shared.errors import Route311Error

EXAMPLE_FILES = (
    *("export.csv", "export.csv.gz", "pairs.csv", "past.csv", "places.csv", "profile.json"),
    *("texts.jsonl", "texts/*.jsonl", "feedback.jsonl.gz"),
)
HEAVY = ("aiohttp", "aiokafka", "asyncpg", "jinja2", "pydantic", "shapely", "yaml")
IMPORTED_BY_HELP = f"""
import sys
from cli.main import build
try:
    build(["--help"])(["--help"])
except SystemExit:
    sys.exit(" ".join(set(sys.modules) & set({HEAVY!r})))
"""

WITHOUT_WORKBENCH = """
import sys
sys.modules["workbench"] = None
from cli.commands import COMMANDS
from tests.unit.cli.test_main import members
print(*(command.name for command in COMMANDS))
print(*members("triage"))
print(*members("bureau"))
"""


def summary(docstring: str | None) -> str:
    return (docstring or "").strip().splitlines()[0]


def loaded(name: str) -> Any:
    return typer.main.get_group(build([name])).commands[name]


def members(group: str) -> list[str]:
    return sorted(loaded(group).commands)


def leaves() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with its words."""
    waiting: list[tuple[tuple[str, ...], Any]] = [
        ((command.name,), loaded(command.name)) for command in COMMANDS
    ]
    while waiting:
        path, command = waiting.pop()
        if isinstance(command, typer.core.TyperGroup):
            waiting += [((*path, name), member) for name, member in command.commands.items()]
        else:
            yield path, command


def route311(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("route311")
    return subprocess.run(  # noqa: S603 - ours
        (program, *arguments),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def test_the_list_of_commands_says_what_the_command_itself_says() -> None:
    own = {command.help: command.load() for command in COMMANDS}

    assert [
        (text, summary(found.__doc__))
        for text, found in own.items()
        if not isinstance(found, typer.Typer) and summary(found.__doc__) != text
    ] == []


def test_without_the_workbench_its_commands_are_absent_and_a_shared_group_keeps_the_others() -> (
    None
):
    listed = subprocess.run(  # noqa: S603 - ours
        (sys.executable, "-c", WITHOUT_WORKBENCH), capture_output=True, text=True, check=True
    ).stdout

    names, triage, bureau = map(str.split, listed.splitlines())
    assert {"up", "status", "triage", "bureau"} <= {*names}
    assert {"demo", "bench", "check", "replay", "adapter", "evaluation"}.isdisjoint(names)
    assert triage == ["explain"]
    assert bureau == ["forwards", "reconcile", "webhook"]


def test_a_shared_group_has_the_members_of_both_packages() -> None:
    assert members("triage") == ["evaluate", "explain", "hints", "judge", "learn"]
    assert members("bureau") == ["check", "forwards", "reconcile", "simulate", "webhook"]


def test_help_is_in_sections_in_the_order_of_what_a_person_wants() -> None:
    done = route311("--help", COLUMNS="80")

    sections = re.findall(r"╭─ (.+?) ─+╮", done.stdout)
    assert sections == [
        "Options",
        "Run it",
        "Look at it",
        "Correct it",
        "Get lost things back",
        "Set it up",
        "For a city's data",
        "For developers",
    ]
    assert {len(line) for line in done.stdout.splitlines()} <= {0, 80}


def test_each_command_has_one_example_which_its_own_parser_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts").mkdir()
    for name in EXAMPLE_FILES:
        (tmp_path / name).touch()

    for path, command in leaves():
        examples = re.findall(r"^Example: `(.+)`$", command.help or "", re.MULTILINE)
        assert len(examples) == 1, path
        words = shlex.split(examples[0].removeprefix('eval "$(').removesuffix(')"'))
        words = words[: words.index(">")] if ">" in words else words
        assert words[: len(path) + 1] == ["route311", *path]
        command.make_context(path[-1], words[len(path) + 1 :])


def test_no_help_has_a_word_that_markdown_takes_for_markup() -> None:
    texts = [
        (path, re.sub("`[^`]*`", "", text))
        for path, command in leaves()
        for text in (command.help, *(option.help for option in command.params))
        if text
    ]

    assert [(path, text) for path, text in texts if re.search(r"<\w|\b_\w|\*\w.*\*", text)] == []


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
