"""Faults of the files of a catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import Route311Error


@dataclass(frozen=True, slots=True, order=True)
class CatalogueIssue:
    """One thing to correct: the file below the catalogue's root, its line, and what to do."""

    file: str
    line: int
    reason: str

    @property
    def text(self) -> str:
        """The issue in one line."""
        return f"{self.file}:{self.line}: {self.reason}"


class CatalogueError(Route311Error):
    """The catalogue is invalid; ``issues`` lists everything to correct."""

    code = "bad_catalogue"

    def __init__(self, issues: Sequence[CatalogueIssue]) -> None:
        self.issues = tuple(sorted(issues))
        super().__init__("\n".join(issue.text for issue in self.issues))
