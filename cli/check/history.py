"""What the client of a test saw, which the router cannot know."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from cli.check.facts.book import FactBook
from shared.contract.events import invalid_fields
from shared.errors import Route311Error


class BadHistoryError(Route311Error):
    """A line of the history is not what a history holds."""

    code = "bad_history"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Attempt(_Line):
    """One submission and its answer; ``indeterminate`` when there was none."""

    source: str
    id: str
    outcome: Literal["accepted", "rejected", "indeterminate", "shed"]
    request_id: str | None = None


class Poison(_Line):
    """A record that nobody can read, by the SHA-256 of its value."""

    outcome: Literal["poison"]
    topic: str
    sha256: str


_LINES: TypeAdapter[Attempt | Poison] = TypeAdapter(
    Annotated[Attempt | Poison, Field(discriminator="outcome")]
)


def take_history(file: Path, book: FactBook) -> None:
    """Note what a file of JSON Lines says.

    Raises:
        BadHistoryError: A line is something else.
    """
    with file.open() as lines:
        for number, line in enumerate(lines, 1):
            try:
                seen = _LINES.validate_json(line)
            except ValidationError as error:
                raise BadHistoryError(f"{file}:{number}: {invalid_fields(error)}") from None
            take_line(seen, book)


def take_line(seen: Attempt | Poison, book: FactBook) -> None:
    """Note what one line says."""
    if isinstance(seen, Poison):
        book.add("poison", (seen.topic, seen.sha256.lower()))
    else:
        book.add("client_saw", (seen.source, seen.id, seen.outcome, seen.request_id))
