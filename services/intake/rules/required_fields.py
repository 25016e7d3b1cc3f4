"""What can be wrong with a submission."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong with a submission.

    Attributes:
        field: Where, as a path with dots from the submission's root; empty for the root.
        code: What, as a name that stays.
        message: What to do about it, for the people behind the adapter; never a value handed in.
    """

    field: str
    code: str
    message: str


def without_echoes(
    flaws: Iterable[FieldProblem], known: Collection[FieldProblem]
) -> tuple[FieldProblem, ...]:
    """Return the flaws that ``known`` does not explain.

    Whoever wrote an impossible latitude is not told as well that the point is incomplete: a flaw
    of a field, of what it is part of or of its parts explains the others.
    """
    return tuple(
        flaw for flaw in flaws if not any(_related(flaw.field, other.field) for other in known)
    )


def _related(field: str, other: str) -> bool:
    return field == other or _within(field, other) or _within(other, field)


def _within(part: str, whole: str) -> bool:
    return not whole or part.startswith(f"{whole}.")


NOT_A_TIME = "Write a moment with its offset, such as 2026-11-24T08:10:00-08:00."


@dataclass(frozen=True, slots=True)
class ProvidedFields:
    """What a submission says, as far as it was readable.

    Attributes:
        needs_location: Whether its kind has a place; True while the kind is not known.
    """

    words: bool
    service_code: str | None
    latitude: bool
    longitude: bool
    address: bool
    needs_location: bool = True


def unknown_jurisdiction(known: Collection[str]) -> FieldProblem:
    """Return the flaw of naming a city that the catalogue does not have."""
    names = ", ".join(sorted(known))
    return FieldProblem(
        "jurisdiction", "unknown_jurisdiction", f"We serve {names}: write one of these."
    )


def unknown_service_code() -> FieldProblem:
    """Return the flaw of naming a kind that the city does not have."""
    return FieldProblem(
        "service_code",
        "unknown_service_code",
        "Write a code of the city's service list, or leave it out and describe the problem.",
    )


def bad_time() -> FieldProblem:
    """Return the flaw of an envelope whose time is none."""
    return FieldProblem("time", "bad_time", f"{NOT_A_TIME} Or leave it out.")


def bad_language(field: str) -> FieldProblem:
    """Return the flaw of a language that has no tag of this form."""
    return FieldProblem(field, "invalid", "Write a BCP 47 tag such as en or es, or leave it out.")


def id_reused() -> FieldProblem:
    """Return the flaw of handing in other data under the id of an earlier submission."""
    return FieldProblem("id", "id_reused", "This id was used for other data before: take a new id.")


def missing_fields(said: ProvidedFields) -> list[FieldProblem]:
    """Return what a submission ought to say and does not."""
    flaws = []
    if not said.words and said.service_code is None:
        message = "Tell us what: a service_code, a description, or both."
        flaws.append(FieldProblem("description", "missing_description", message))
    if said.latitude != said.longitude:
        message = "A point needs latitude and longitude: add the other one."
        flaws.append(FieldProblem("location", "incomplete_point", message))
    elif said.needs_location and not (said.latitude or said.address):
        message = "Tell us where: a point or an address."
        flaws.append(FieldProblem("location", "missing_location", message))
    return flaws
