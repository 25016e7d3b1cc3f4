"""Names of kinds and of their headings in further languages: a city's ``names/TAG.yaml``."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from shared.catalogue.document import LocatedEntry, Section, read_file
from shared.catalogue.field_types import Entry, LocalTextEntry, Text
from shared.catalogue.issue import CatalogueIssue
from shared.catalogue.texts import LocalText

NAMES = "names"


class NamesEntry(Entry):
    """Names in one language.

    Attributes:
        reviewed_by: The speaker who reviewed them; None for a draft.
        names: By the code of a kind, or by the stem of a heading's file in ``services``.
    """

    reviewed_by: Text | None = None
    names: dict[str, Text]


NamesByLanguage: TypeAlias = Mapping[str, LocatedEntry[NamesEntry]]


def read_names(root: Path, folder: Path) -> tuple[NamesByLanguage, list[CatalogueIssue]]:
    """Read the names of a city by language, with the issues of their files."""
    found: dict[str, LocatedEntry[NamesEntry]] = {}
    issues: list[CatalogueIssue] = []
    for path in sorted((folder / NAMES).glob("*.yaml")):
        entry, wrong = read_file(NamesEntry, root, path)
        issues += wrong
        if entry is not None:
            found[path.stem] = entry
    return found, issues


def unknown_names(
    names: NamesByLanguage, services: Section[Any], headings: Collection[str]
) -> Iterator[CatalogueIssue]:
    """Yield an issue for each name of neither a kind nor a heading."""
    for found in names.values():
        for code in found.entry.names:
            if code not in services and code not in headings:
                yield found.issue(services.unknown(code), "names", code)


def named(text: LocalTextEntry, names: NamesByLanguage, code: str) -> LocalText:
    """Return a name in all languages."""
    others = {tag: found.entry.names.get(code, "") for tag, found in names.items()}
    return LocalText(text.en, text.es, MappingProxyType(others))
