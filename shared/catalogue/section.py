"""Turns a part of a file into checked entries, and whatever is wrong with it into faults."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.catalogue.document import Document, Where
from shared.catalogue.entries import Entry
from shared.catalogue.issues import CatalogueIssue

E = TypeVar("E", bound=Entry)

_PLAIN_WORDS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda error: f"{error['loc'][-1]} is missing here: add it",
    "extra_forbidden": lambda error: (
        f"{error['loc'][-1]} means nothing here: remove it or correct its spelling"
    ),
    "value_error": lambda error: f"{_named(error)}{error['ctx']['error']}",
    "literal_error": lambda error: f"{_named(error)}write {error['ctx']['expected']}",
    "string_too_short": lambda error: f"{_named(error)}this is empty: fill it in",
    "too_short": lambda error: f"{_named(error)}this is empty: fill it in",
    "string_type": lambda error: f"{_named(error)}write one text here",
    "list_type": lambda error: f"{_named(error)}write a list here",
    "dict_type": lambda error: f"{_named(error)}write names with what belongs to each",
    "model_type": lambda error: f"{_named(error)}write names with what belongs to each",
}


@dataclass(frozen=True, slots=True)
class Found(Generic[E]):
    """An entry and where it stands."""

    code: str
    entry: E
    document: Document
    where: Where

    def fault(self, reason: str, *below: str | int) -> CatalogueIssue:
        """Return a fault at the entry, or at the part ``below`` it."""
        return self.document.fault((*self.where, *below), reason)


def read_entry(
    kind: type[E], document: Document, data: object, where: Where = ()
) -> tuple[E | None, list[CatalogueIssue]]:
    """Return the entry at a place of a document, or None and what is wrong with it."""
    try:
        return kind.model_validate(data), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    return None, [document.fault((*where, *d["loc"]), _in_plain_words(d)) for d in details]


@dataclass(slots=True)
class Section(Generic[E]):
    """Entries of one sort by their code.

    ``declared`` also has the codes of entries that could not be read, and a section that is not
    whole is taken to hold any code, so that one fault does not bring others in its train.
    """

    kind: type[E]
    found: dict[str, Found[E]] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    is_whole: bool = True

    def __iter__(self) -> Iterator[Found[E]]:
        return iter(self.found.values())

    def __contains__(self, code: object) -> bool:
        return code in self.declared or not self.is_whole

    @property
    def is_complete(self) -> bool:
        """Whether every entry that is declared could be read."""
        return self.is_whole and len(self.found) == len(self.declared)

    def read(self, document: Document, data: object, where: Where = ()) -> list[CatalogueIssue]:
        """Add the entries of a mapping; a code that is there already is a fault."""
        if not isinstance(data, Mapping):
            return [document.fault(where, "write codes with what belongs to each")]
        faults: list[CatalogueIssue] = []
        for code, value in data.items():
            at = (*where, code)
            if code in self.declared:
                faults.append(document.fault(at, f"{code} is declared twice: keep one"))
                continue
            self.declared.add(code)
            entry, wrong = read_entry(self.kind, document, value, at)
            faults += wrong
            if entry is not None:
                self.found[code] = Found(code, entry, document, at)
        return faults


def _in_plain_words(error: ErrorDetails) -> str:
    words = _PLAIN_WORDS.get(error["type"])
    return words(error) if words else f"{_named(error)}{error['msg']}"


def _named(error: ErrorDetails) -> str:
    name = next((part for part in reversed(error["loc"]) if isinstance(part, str)), None)
    return f"{name}: " if name else ""
