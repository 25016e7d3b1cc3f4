"""Docstrings and module names are plain technical English, and complete."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import REPOSITORY

FOLDERS = ("services", "shared", "cli", "workbench", "deploy")

BANNED = re.compile(
    r"\b(said|told|heard|hears?|hearing|obey\w*|rulings?|patien\w+|tales?|crowds?|whence|somebody"
    r"|nobody|whoever|hand(s|ed)? (over|in)|turned away|let in|stand-?ins?)\b",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"(What|How|Who|Whom|Whose|Where|Whether|When|Why|Which)\b")
"""A summary that is a clause says what a thing is about, and not what it is."""

BANNED_NAMES = re.compile(
    r"(^|_)(door|patience|hearing|rulings|crowds|obeying|judging|gathering|tale|tales|turns|learning"
    r"|news|probes|voices|plain|said|naming|giving|utils?|helpers?|common|misc)($|_)"
)
MIN_PARAMETERS = 3
MIN_FIELDS = 4


@dataclass(frozen=True)
class Documented:
    """A module, class or function with its docstring."""

    where: str
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    docstring: str
    is_public: bool


def modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((REPOSITORY / folder).rglob("*.py"))


def documented() -> Iterator[Documented]:
    for path in modules():
        tree = ast.parse(path.read_text())
        name = path.relative_to(REPOSITORY).as_posix()
        yield Documented(name, tree, ast.get_docstring(tree) or "", is_public=True)
        yield from _below(tree, name, is_public=True)


def _below(node: ast.AST, where: str, *, is_public: bool) -> Iterator[Documented]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            public = is_public and not child.name.startswith("_")
            here = f"{where}:{child.lineno} {child.name}"
            yield Documented(here, child, ast.get_docstring(child) or "", is_public=public)
            if isinstance(child, ast.ClassDef):
                yield from _below(child, where, is_public=public)


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    names = [argument.arg for argument in given if argument.arg not in {"self", "cls"}]
    return [name for name in names if not name.startswith("_")]


def has_option(function: ast.FunctionDef | ast.AsyncFunctionDef, where: str) -> bool:
    """Whether the command line documents the parameters by itself: each has a help text."""
    return where.startswith(("cli/", "workbench/")) and "Option" in ast.dump(function.args)


def fields(node: ast.ClassDef) -> tuple[list[str], bool]:
    """Return the public fields of a class, and whether each is described below its declaration."""
    names, described = [], True
    for index, statement in enumerate(node.body):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        if statement.target.id.startswith("_") or "ClassVar" in ast.dump(statement.annotation):
            continue
        names.append(statement.target.id)
        after = node.body[index + 1] if index + 1 < len(node.body) else None
        described &= isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    return names, described


def test_no_docstring_speaks_a_private_language() -> None:
    found = [
        f"{one.where}: {match[0]}"
        for one in documented()
        for match in BANNED.finditer(one.docstring)
    ]

    assert found == []


def test_no_summary_is_a_clause() -> None:
    assert [one.where for one in documented() if CLAUSE.match(one.docstring)] == []


def test_no_module_has_a_private_name() -> None:
    names = [path.relative_to(REPOSITORY) for path in modules()]

    assert [str(name) for name in names if BANNED_NAMES.search(name.stem)] == []


def test_a_public_function_of_several_parameters_describes_them() -> None:
    lacking = [
        one.where
        for one in documented()
        if isinstance(one.node, ast.FunctionDef | ast.AsyncFunctionDef)
        and one.is_public
        and one.docstring
        and len(parameters(one.node)) >= MIN_PARAMETERS
        and "Args:" not in one.docstring
        and not has_option(one.node, one.where)
    ]

    assert lacking == []


def test_a_class_of_several_fields_describes_them() -> None:
    lacking = []
    for one in documented():
        if isinstance(one.node, ast.ClassDef) and one.is_public:
            names, described = fields(one.node)
            if len(names) >= MIN_FIELDS and not described and "Attributes:" not in one.docstring:
                lacking.append(one.where)

    assert lacking == []


def test_a_class_name_stands_in_one_module_only() -> None:
    seen: dict[str, str] = {}
    twice = []
    for one in documented():
        if isinstance(one.node, ast.ClassDef) and one.is_public:
            if one.node.name in seen:
                twice.append(f"{one.where} and {seen[one.node.name]}")
            seen[one.node.name] = one.where

    assert twice == []
