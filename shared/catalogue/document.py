"""Reads YAML files into validated entries and reports issues by file and line."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, Self, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.catalogue.issue import CatalogueIssue

E = TypeVar("E", bound=BaseModel)

# Keys and list indexes that lead to a part of a file.
KeyPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML file with the line of each of its parts.

    Attributes:
        data: Mappings, lists and strings; every scalar is a string as written.
    """

    file: str
    data: object = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    issues: list[CatalogueIssue] = field(default_factory=list)

    @property
    def is_read(self) -> bool:
        """True when the file is valid YAML."""
        return self.data is not None or not self.issues

    def issue(self, where: KeyPath, reason: str) -> CatalogueIssue:
        """Return an issue at a part of the file, or at the nearest enclosing part with a line."""
        while where and where not in self.lines:
            where = where[:-1]
        return CatalogueIssue(self.file, self.lines.get(where, 1), reason)


def read_document(root: Path, path: Path) -> Document:
    """Parse a file; YAML errors are in the document's issues."""
    file = path.relative_to(root).as_posix()
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        issue = CatalogueIssue(file, line, f"invalid YAML: {error.problem}")
        return Document(file, issues=[issue])
    except (yaml.YAMLError, UnicodeDecodeError):
        return Document(file, issues=[CatalogueIssue(file, 1, "not YAML in UTF-8")])
    document = Document(file)
    data = None if node is None else _data(node, (), document)
    return Document(file, data, document.lines, document.issues)


def _data(node: yaml.Node, where: KeyPath, document: Document) -> object:
    """Return the data of a node; record its lines and duplicate keys in the document."""
    document.lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_data(item, (*where, i), document) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    data: dict[str, object] = {}
    for key_node, value in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in data:
            reason = f"{key} is a duplicate key: keep one of the two"
            document.issues.append(CatalogueIssue(document.file, line, reason))
            continue
        document.lines[(*where, key)] = line
        data[key] = _data(value, (*where, key), document)
    return data


@dataclass(frozen=True, slots=True)
class LocatedEntry(Generic[E]):
    """A validated entry with its position; ``code`` is its key or its folder's name."""

    code: str
    entry: E
    document: Document
    where: KeyPath = ()

    def issue(self, reason: str, *below: str | int) -> CatalogueIssue:
        """Return an issue at the entry, or at the part ``below`` it."""
        return self.document.issue((*self.where, *below), reason)


def read_entry(
    kind: type[E], document: Document, data: object, where: KeyPath = ()
) -> tuple[E | None, list[CatalogueIssue]]:
    """Validate a part of a document; return the entry, or None with its issues."""
    try:
        return kind.model_validate(data), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    return None, [document.issue((*where, *d["loc"]), _describe(d)) for d in details]


def read_file(
    kind: type[E], root: Path, path: Path
) -> tuple[LocatedEntry[E] | None, list[CatalogueIssue]]:
    """Read an optional file that is one entry; None where it is missing or invalid."""
    if not path.exists():
        return None, []
    document = read_document(root, path)
    if not document.is_read:
        return None, document.issues
    entry, issues = read_entry(kind, document, document.data)
    located = None if entry is None else LocatedEntry(path.parent.name, entry, document)
    return located, [*document.issues, *issues]


class Section(Generic[E]):
    """Entries of one kind by their code.

    ``declared`` also has the codes of invalid entries, and an incomplete section contains every
    code, so that one issue does not cause others.
    """

    def __init__(self, kind: type[E], noun: str, file: str) -> None:
        """Make an empty section; ``noun`` names one entry in issues."""
        self.kind, self.noun, self.file = kind, noun, file
        self.found: dict[str, LocatedEntry[E]] = {}
        self.declared: set[str] = set()
        self.is_whole = True

    def __iter__(self) -> Iterator[LocatedEntry[E]]:
        return iter(self.found.values())

    def __contains__(self, code: object) -> bool:
        return code in self.declared or not self.is_whole

    @property
    def is_complete(self) -> bool:
        """True when every declared entry is valid."""
        return self.is_whole and len(self.found) == len(self.declared)

    def copy(self) -> Self:
        """Return an independent copy."""
        other = copy(self)
        other.found, other.declared = dict(self.found), set(self.declared)
        return other

    def unknown(self, code: str) -> str:
        """Return the reason of an issue about a code that the section lacks."""
        return unknown_name(self.noun, code, self.declared, self.file)

    def read(self, document: Document, data: object, where: KeyPath = ()) -> list[CatalogueIssue]:
        """Add the entries of a mapping; return the issues of invalid and duplicate ones."""
        if not isinstance(data, Mapping):
            return [document.issue(where, "write a mapping of codes")]
        issues: list[CatalogueIssue] = []
        for code, value in data.items():
            at = (*where, code)
            if code in self.declared:
                issues.append(document.issue(at, f"{code} is declared twice: keep one"))
                continue
            self.declared.add(code)
            entry, wrong = read_entry(self.kind, document, value, at)
            issues += wrong
            if entry is not None:
                self.found[code] = LocatedEntry(code, entry, document, at)
        return issues


def unknown_name(noun: str, name: str, known: Iterable[str], file: str) -> str:
    """Return the reason of an issue about an undeclared name, with the closest declared one."""
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? Else " if close else ""
    return f"no {noun} has the name {name}: {hint}declare it in {file}"


_DESCRIPTIONS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda error: f"{error['loc'][-1]} is missing here: add it",
    "extra_forbidden": lambda error: (
        f"{error['loc'][-1]} means nothing here: remove it or correct its spelling"
    ),
    "value_error": lambda error: f"{_field(error)}{error['ctx']['error']}",
    "literal_error": lambda error: f"{_field(error)}write {error['ctx']['expected']}",
    "string_too_short": lambda error: f"{_field(error)}this is empty: fill it in",
    "too_short": lambda error: f"{_field(error)}this is empty: fill it in",
    "string_type": lambda error: f"{_field(error)}write one text here",
    "list_type": lambda error: f"{_field(error)}write a list here",
    "dict_type": lambda error: f"{_field(error)}write a mapping of names",
    "model_type": lambda error: f"{_field(error)}write a mapping of names",
}


def _describe(error: ErrorDetails) -> str:
    """Return the correction that a pydantic error asks for."""
    describe = _DESCRIPTIONS.get(error["type"])
    return describe(error) if describe else f"{_field(error)}{error['msg']}"


def _field(error: ErrorDetails) -> str:
    name = next((part for part in reversed(error["loc"]) if isinstance(part, str)), None)
    return f"{name}: " if name else ""


def unknown_codes(
    found: LocatedEntry[Any], section: Section[Any], codes: Iterable[str | None], *below: str | int
) -> Iterator[CatalogueIssue]:
    """Yield an issue for each code that a section lacks.

    Args:
        codes: None is skipped.
        *below: Position of the list, or of a single code, in the entry.
    """
    for i, code in enumerate(codes):
        if code is not None and code not in section:
            yield found.issue(section.unknown(code), *below, i)
