"""What is wrong with the catalogue's data, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import Route311Error


@dataclass(frozen=True, slots=True, order=True)
class Fault:
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

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(fault.text for fault in self.faults))
