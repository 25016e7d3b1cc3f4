"""Rules for the records of an adapter: what is wrong, and what would be better."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from services.intake.identifiers import payload_hash
from services.intake.inbound.parsing import normalize_attributes
from services.intake.inbound.validation import ValidatedSubmission
from services.intake.rules.event_time import event_time, sent_at
from shared.contract.events import FieldError
from shared.redaction import REMOVED
from shared.text_matching.normalization import normalize_text
from workbench.adapter.records import Identity, RefusedRecord, WrittenSubmission

_ENOUGH = 5
"""Submissions from which on a rule speaks of all of them."""
_UNREADABLE = {
    "too_large": "Larger than 1 MiB: send pictures to POST /v1/media and name their addresses.",
    "unknown_type": "Of an unknown type: write route311.submission.v1.",
    "unknown_version": "Of an unknown version: write route311.submission.v1.",
    "source_not_allowed": "The source is somebody else's: write one that may come by this topic.",
}
_WITHOUT = {
    "id": "Without an id of 1 to 500 characters: give each submission one of its own.",
    "source": "Without a source of 1 to 500 characters: name your adapter.",
}


class Remark(NamedTuple):
    """Something that a rule found.

    Attributes:
        sentence: What it is and what to do; the same for every record that it is about.
        is_wrong: False for what would be better.
    """

    code: str
    sentence: str
    is_wrong: bool = True


class JudgedSubmission(NamedTuple):
    """A submission as intake judges it.

    Attributes:
        errors: What is wrong with its fields.
        validated: What can be read of it; None without a known city and kind.
        name: Its id, or its position where the id has contact data in it.
    """

    written: WrittenSubmission
    errors: Sequence[FieldError]
    validated: ValidatedSubmission | None
    name: str


def unreadable(record: RefusedRecord) -> Iterator[Remark]:
    """Say why a record goes to the dead-letter topic and gets no receipt."""
    if sentence := _UNREADABLE.get(record.code):
        yield Remark(record.code, sentence)
        return
    faults = dict(part.split(": ", 1) for part in record.reason.split("; ") if ": " in part)
    lacking = [name for name in _WITHOUT if name in faults]
    for name in lacking:
        yield Remark(f"missing_{name}", _WITHOUT[name])
    if not lacking:
        advice = f"Cannot be read ({record.reason}): write one CloudEvent as JSON."
        yield Remark(record.code, advice)


def fields(one: JudgedSubmission) -> Iterator[Remark]:
    """Name the fields that are wrong."""
    for error in one.errors:
        yield Remark(error.code, f"{error.field or 'data'}: {error.message}")


def times(one: JudgedSubmission) -> Iterator[Remark]:
    """Find moments that are replaced by others."""
    sent = sent_at(one.written.event.time, one.written.record.written_at)
    if sent and sent.replaced:
        yield Remark(
            "future_time",
            "time: over an hour in the future, so the time of arrival counts: check clock and "
            "offset.",
        )
    if one.written.event.time is None:
        yield Remark("no_time", "time: missing, so the time of arrival counts.", is_wrong=False)
    seen_at = one.validated.submission.observed_at if one.validated else None
    if one.validated and seen_at and event_time(seen_at, one.validated.sent.moment) != seen_at:
        yield Remark(
            "unused_observed_at",
            "observed_at: not within the 30 days before time, so it is not used.",
            is_wrong=False,
        )


def places(one: JudgedSubmission) -> Iterator[Remark]:
    """Find submissions without a place."""
    if one.validated and not one.errors and one.validated.location.precision == "none":
        yield Remark(
            "no_location",
            "location: missing. The kind needs none, but with one it is known whether it was "
            "reported before.",
            is_wrong=False,
        )


def contacts(one: JudgedSubmission) -> Iterator[Remark]:
    """Find contact data outside ``reporter``; intake removes it."""
    if one.validated is None:
        return
    at = one.validated.submission.location
    texts: dict[str, tuple[Any, Any]] = {
        "description": (one.validated.submission.description, one.validated.description),
        "location.details": (at and at.details, one.validated.details),
        "location.address": (at and at.address, one.validated.location.address),
        "attributes": (
            normalize_attributes(one.validated.submission.attributes),
            one.validated.attributes,
        ),
    }
    for name, (submitted, redacted) in texts.items():
        if str(redacted).count(REMOVED) > normalize_text(str(submitted)).count(REMOVED):
            advice = f"{name}: holds contact data, which is removed: write it into reporter."
            yield Remark("contact_in_text", advice, is_wrong=False)
    if one.validated.cause.id is None:
        advice = "id: holds contact data: choose ids without."
        yield Remark("contact_in_id", advice, is_wrong=False)


EACH: Sequence[Callable[[JudgedSubmission], Iterator[Remark]]] = (fields, times, places, contacts)
"""The rules that look at one submission."""


def reused_ids(
    judged: Iterable[JudgedSubmission],
) -> Iterator[tuple[Remark, JudgedSubmission]]:
    """Find ids that were used for other data before; a repeat of the same data is right."""
    first: dict[Identity, bytes] = {}
    for one in judged:
        content = payload_hash(one.written.event.data)
        if first.setdefault(one.written.identity, content) != content:
            advice = "id: used for other data before, so it is rejected: take a new id."
            yield Remark("id_reused", advice), one


def keys(judged: Iterable[JudgedSubmission]) -> Iterator[tuple[Remark, JudgedSubmission]]:
    """Find records without a key, and those of a source whose key changes."""
    first: dict[str, bytes] = {}
    for one in judged:
        source, key = one.written.event.source, one.written.record.key
        if key == b"":
            advice = "No record key: write your source, so that order is kept."
            yield Remark("no_key", advice, is_wrong=False), one
        elif key is not None and first.setdefault(source, key) != key:
            advice = "The record key changes: always write your source, so that order is kept."
            yield Remark("key_not_constant", advice, is_wrong=False), one


def kinds(judged: Sequence[JudgedSubmission]) -> Iterator[Remark]:
    """Find an adapter all of whose submissions are of the kind for everything else."""
    known = [one.validated for one in judged if one.validated]
    if len(known) >= _ENOUGH and all(
        one.service.code == one.city.jurisdiction.other_code for one in known
    ):
        yield Remark(
            "always_other",
            "service_code: every submission is of the kind for everything else: name a code of "
            "the city's service list, or describe what is wrong in more words.",
            is_wrong=False,
        )
