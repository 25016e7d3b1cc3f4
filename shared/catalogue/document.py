"""Reads a YAML file and remembers on which line each part of it stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from shared.catalogue.issues import CatalogueIssue

Where: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the catalogue.

    Attributes:
        file: Its path below the catalogue's root, as faults name it.
        data: Mappings, lists and strings; every scalar is the string that stands in the file.
        lines: Line of each part, counted from 1.
        faults: What kept parts of the file from being read.
    """

    file: str
    data: object = None
    lines: dict[Where, int] = field(default_factory=dict)
    faults: list[CatalogueIssue] = field(default_factory=list)

    @property
    def is_read(self) -> bool:
        """Whether the file is YAML at all."""
        return self.data is not None or not self.faults

    def fault(self, where: Where, reason: str) -> CatalogueIssue:
        """Return a fault at a part of the file, or at the nearest known part around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return CatalogueIssue(self.file, self.lines.get(where, 1), reason)


def read_document(root: Path, path: Path) -> Document:
    """Read a file; what is wrong with its YAML is in the document's faults."""
    file = path.relative_to(root).as_posix()
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Document(
            file, faults=[CatalogueIssue(file, line, f"this is no YAML: {error.problem}")]
        )
    except (yaml.YAMLError, UnicodeDecodeError):
        return Document(file, faults=[CatalogueIssue(file, 1, "this is no YAML in UTF-8")])
    lines: dict[Where, int] = {}
    faults: list[CatalogueIssue] = []
    data = None if node is None else _plain(node, (), lines, faults, file)
    return Document(file, data, lines, faults)


def _plain(
    node: yaml.Node, where: Where, lines: dict[Where, int], faults: list[CatalogueIssue], file: str
) -> object:
    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*where, i), lines, faults, file) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    data: dict[str, object] = {}
    for key, line, value in _items(node):
        if key in data:
            faults.append(
                CatalogueIssue(file, line, f"{key} stands twice here: keep one of the two")
            )
            continue
        lines[(*where, key)] = line
        data[key] = _plain(value, (*where, key), lines, faults, file)
    return data


def _items(node: yaml.MappingNode) -> Iterator[tuple[str, int, yaml.Node]]:
    for key, value in node.value:
        yield str(key.value), key.start_mark.line + 1, value
