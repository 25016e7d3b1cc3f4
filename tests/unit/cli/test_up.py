from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cli.up import StackView
from deploy.local.report import Died, LeftoversEnded, Prepared, StackEvent, Started
from tests.unit.cli.test_connection import stack


@pytest.mark.parametrize(
    ("happening", "line"),
    [
        (Started("kafka", "127.0.0.1:20001", 2.04), "kafka      127.0.0.1:20001"),
        (Prepared("topics: 183 changes", 0.2), "prepared   topics: 183 changes"),
        (LeftoversEnded(["kafka", "mail"]), "ended processes of an earlier run: kafka, mail"),
        (Died("triage", -9, 0.0, []), "triage     was killed by SIGKILL; starts again at once"),
        (Died("triage", 1, 3.2, []), "triage     ended with code 1; starts again in 3.2 s"),
        (Died("triage", None, 3.2, []), "triage     did not get ready; starts again in 3.2 s"),
    ],
)
def test_each_happening_is_one_plain_line(happening: StackEvent, line: str) -> None:
    output = StringIO()

    StackView(Console(file=output)).show(happening)

    assert output.getvalue().strip().startswith(line)
    assert output.getvalue().count("\n") == 1


def test_last_lines_are_shown_as_they_are() -> None:
    output = StringIO()

    StackView(Console(file=output)).show(Died("triage", 1, 0.2, ["KeyError: [bold]", "the end"]))

    assert output.getvalue().splitlines()[1:] == ["    KeyError: [bold]", "    the end"]


def test_last_lines_cannot_command_the_terminal() -> None:
    output = StringIO()

    StackView(Console(file=output)).show(Died("triage", 1, 0.2, ["\x1b[2Jgone \ud800"]))

    assert output.getvalue().splitlines()[1:] == [r"    \x1b[2Jgone \ud800"]


def test_a_ready_stack_ends_with_the_address_of_the_residents_pages() -> None:
    output = StringIO()

    StackView(Console(file=output, width=50)).ready(stack(Path("data")), Path("data"), 2.0)

    assert output.getvalue().splitlines()[-1] == "open http://127.0.0.1:3"
    assert max(map(len, output.getvalue().splitlines())) <= 50
