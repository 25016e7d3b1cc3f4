"""Rows of a replayed file: submissions, and rows that cannot be sent."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from shared.contract.events import SubmissionReceived
from shared.errors import Route311Error


class UnreadableFileError(Route311Error):
    """The file does not have the expected format."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Sendable:
    """A row as a submission.

    Attributes:
        line: Line of the file, counted from 1.
        unmapped: The export's type where the catalogue lacks it; the submission then has the
            city's kind for everything else.
    """

    line: int
    event: SubmissionReceived
    unmapped: str | None = None


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A row that is no submission: its line, its text as read, and the reason."""

    line: int
    raw: str
    reason: str


Row: TypeAlias = Sendable | Unsendable


def submission(
    export: str, row_id: str, time: str | None, data: dict[str, Any]
) -> SubmissionReceived:
    """Return the event of a row; a second replay of the row gives the same event.

    Args:
        export: Name of the export's format.
        row_id: Id of the row within the export.
        time: Event time in RFC 3339; None for the time of sending.
    """
    return SubmissionReceived(id=row_id, source=f"/replay/{export}", time=time, data=data)
