"""Words for dangers in languages beside those of the conditions: ``danger_words/TAG.yaml``."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from shared.catalogue.document import Section, read_document
from shared.catalogue.field_types import Entry, Text
from shared.catalogue.issue import CatalogueIssue
from shared.text_matching.stem_patterns import StemEntry, check_stems

_FOLDER = "danger_words"

_Stems = Annotated[
    tuple[Annotated[Text, AfterValidator(check_stems)], ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
]


class StemsEntry(Entry):
    """Patterns of one language that state a condition, and those that deny or only resemble it."""

    phrases: Annotated[_Stems, Field(min_length=1)]
    exceptions: _Stems = Field(default=(), alias="except")


def read_danger_words(
    root: Path, folder: Path
) -> tuple[list[Section[StemsEntry]], list[CatalogueIssue]]:
    """Read the words of a folder, a section for each language, with the issues of their files."""
    found: list[Section[StemsEntry]] = []
    issues: list[CatalogueIssue] = []
    for path in sorted((folder / _FOLDER).glob("*.yaml")):
        document = read_document(root, path)
        issues += document.issues
        if document.is_read:
            found.append(Section(StemsEntry, "condition", document.file))
            issues += found[-1].read(document, document.data)
    return found, issues


def unknown_conditions(
    words: Iterable[Section[StemsEntry]], conditions: Section[Any]
) -> Iterator[CatalogueIssue]:
    """Yield an issue for each condition that does not exist."""
    for language in words:
        for entry in language:
            if entry.code not in conditions:
                yield entry.issue(conditions.unknown(entry.code))


def stem_entries(words: Iterable[Section[StemsEntry]]) -> tuple[StemEntry, ...]:
    """Return the patterns of all languages."""
    return tuple(
        StemEntry(one.code, one.entry.phrases, one.entry.exceptions)
        for language in words
        for one in language
    )
