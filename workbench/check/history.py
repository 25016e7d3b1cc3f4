"""History of a test's client: observations that the router itself cannot have."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.contract.events import invalid_fields
from shared.errors import Route311Error
from workbench.check.facts.store import FactStore


class BadHistoryError(Route311Error):
    """A line of the history is invalid."""

    code = "bad_history"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Attempt(_Line):
    """A submission and its receipt.

    Attributes:
        outcome: ``indeterminate`` without any response, ``shed`` when intake refused for overload.
        request_id: Of an accepted submission, where the client knows it.
    """

    source: str
    id: str
    outcome: Literal["accepted", "rejected", "indeterminate", "shed"]
    request_id: str | None = None


class Poison(_Line):
    """A poison message that the test planted, by the SHA-256 of its value."""

    outcome: Literal["poison"]
    topic: str
    sha256: str


_LINES: TypeAdapter[Attempt | Poison] = TypeAdapter(
    Annotated[Attempt | Poison, Field(discriminator="outcome")]
)


def load_history(file: Path, store: FactStore) -> None:
    """Load a file of JSON Lines.

    Raises:
        BadHistoryError: A line is invalid.
    """
    with file.open() as lines:
        for number, line in enumerate(lines, 1):
            try:
                parsed = _LINES.validate_json(line)
            except ValidationError as error:
                raise BadHistoryError(f"{file}:{number}: {invalid_fields(error)}") from None
            load_line(parsed, store)


def load_line(line: Attempt | Poison, store: FactStore) -> None:
    """Load one line."""
    if isinstance(line, Poison):
        store.add("poison", (line.topic, line.sha256.lower()))
    else:
        store.add("client_saw", (line.source, line.id, line.outcome, line.request_id))
