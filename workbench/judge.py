"""``route311 triage judge``: decide texts from a file offline, as JSON Lines."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from cli.explain.dry_run import InvalidReportError, decide, request_of_text
from services.triage.policy import TriagePolicy
from shared.catalogue import Catalogue, load_catalogue_with_indexes
from shared.contract.events import Decision, invalid_fields
from shared.runtime.clock import utc_now

_STDIN = Path("-")

TextsArgument = Annotated[
    Path,
    typer.Argument(
        metavar="TEXTS",
        help="JSON Lines with id and text, and where known language, service_code and "
        "jurisdiction; - for the standard input.",
    ),
]


class TextLine(BaseModel):
    """One line of the input.

    Attributes:
        language: BCP 47 tag.
        service_code: Kind of the request; None takes the kind that intake would take.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str | int
    text: str
    language: str | None = None
    service_code: str | None = None
    jurisdiction: str = "portland.gov"


def judge(texts: TextsArgument) -> None:
    """Decide texts offline by the rules of this version, each as the first report ever.

    Writes a JSON object for each line, in order: id, service_code, priority, emergency (its code
    or null), danger (classes), kinds (the likeliest, with probabilities), unsure, outcome and
    evidence, the words and answers behind the reasons. An invalid line is
    named on the standard error stream; the exit code is then 1.

    Example: `route311 triage judge texts.jsonl`
    """
    catalogue, bad = load_catalogue_with_indexes(), 0
    policy, now = TriagePolicy(catalogue), utc_now()
    for number, line in _numbered_lines(texts):
        try:
            typer.echo(json.dumps(_judged(line, catalogue, policy, now), ensure_ascii=False))
        except InvalidReportError as error:
            typer.echo(f"route311: {texts}:{number}: {error}", err=True)
            bad += 1
    if bad:
        raise typer.Exit(1)


def _numbered_lines(texts: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not blank with its number from 1."""
    with ExitStack() as stack:
        file: IO[bytes] = (
            sys.stdin.buffer if texts == _STDIN else stack.enter_context(texts.open("rb"))
        )
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line


def _judged(
    line: bytes, catalogue: Catalogue, policy: TriagePolicy, now: datetime
) -> dict[str, Any]:
    item = _parsed(line)
    request = request_of_text(
        item.text, item.service_code, item.jurisdiction, catalogue, now, item.language
    )
    decision = decide(request, policy)
    return {
        "id": item.id,
        "service_code": decision.service_code,
        "priority": decision.priority.level,
        "emergency": decision.emergency.code if decision.emergency else None,
        "danger": list(decision.danger),
        "kinds": [kind.model_dump() for kind in request.kinds],
        "unsure": request.unsure,
        "outcome": decision.outcome,
        "evidence": _evidence(decision),
    }


def _parsed(line: bytes) -> TextLine:
    try:
        content = json.loads(line)
    except ValueError:
        raise InvalidReportError("not JSON") from None
    if not isinstance(content, dict):
        raise InvalidReportError("not a JSON object")
    try:
        return TextLine.model_validate(content)
    except ValidationError as error:
        raise InvalidReportError(invalid_fields(error)) from None


def _evidence(decision: Decision) -> list[str]:
    """Return the words and answers behind the reasons and the emergency, once each."""
    found = [reason.evidence for reason in decision.priority.reasons]
    if decision.emergency:
        found.append(decision.emergency.evidence)
    return list(dict.fromkeys(evidence for evidence in found if evidence))
