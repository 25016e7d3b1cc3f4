"""Says which name is unknown, and which known one may have been meant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from shared.errors import Route311Error


def unknown_name(what: str, name: str, known: Iterable[str], file: str) -> str:
    """Return the reason of a fault about a name that nothing declares."""
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? Else " if near else ""
    return f"no {what} has the name {name}: {hint}declare it in {file}"


@dataclass(frozen=True, slots=True, order=True)
class CatalogueIssue:
    """One thing to mend: the file below the catalogue's root, its line, and what to do."""

    file: str
    line: int
    reason: str

    @property
    def text(self) -> str:
        """The fault in one line."""
        return f"{self.file}:{self.line}: {self.reason}"


class CatalogueError(Route311Error):
    """The catalogue cannot be used; ``faults`` lists all that is wrong with it."""

    code = "bad_catalogue"

    def __init__(self, faults: Sequence[CatalogueIssue]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(fault.text for fault in self.faults))
