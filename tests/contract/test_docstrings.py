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
ITEM = re.compile(r"^ +\*{0,2}(\w+): ([A-Z][^`\d,;()\n]*)\.$", re.MULTILINE)
"""An item of ``Args:`` or ``Attributes:`` in one line, without numbers, code or conditions."""
MIN_WORDS = 5
INFORMATIVE = set(
    re.findall(
        r"\S+",
        "none null utc seconds ms metres meters degrees bytes percent iso least most lower upper "
        "empty optional redacted hashed keyed unless except before after only alone both never "
        "always newest oldest first last sorted order ordered unique inclusive exclusive inside "
        "outside transaction hex json html xml ndjson base64 aware local false true default may "
        "can without whether not no else where when while if but from same once share minus "
        "positive negative px pixels km m s rfc bcp hash hmac kib mib lowercase",
    )
)
"""Words that say more than a name and a type can: units, bounds, order, conditions."""


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


def test_no_item_says_only_what_name_and_type_say() -> None:
    found = [
        f"{one.where}: {name}: {text}"
        for one in documented()
        for name, text in ITEM.findall(one.docstring.partition("Raises:")[0])
        if len(words := text.lower().split()) < MIN_WORDS and not INFORMATIVE & set(words)
    ]

    assert found == []


def test_a_class_name_stands_in_one_module_only() -> None:
    seen: dict[str, str] = {}
    twice = []
    for one in documented():
        if isinstance(one.node, ast.ClassDef) and one.is_public:
            if one.node.name in seen:
                twice.append(f"{one.where} and {seen[one.node.name]}")
            seen[one.node.name] = one.where

    assert twice == []
