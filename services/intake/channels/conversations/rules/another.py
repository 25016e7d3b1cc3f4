"""Comparison of the danger in a text with the report before it."""

from collections.abc import Collection

from services.intake.rules.text_reading import ReportReading


def is_another_danger(found: ReportReading, kind: str, dangers: Collection[str]) -> bool:
    """Return True for a text that tells of another danger to life than the report before it.

    It is the same one where the text names the kind of the report, or a condition that made that
    report a danger: "the wire is still sparking". A text that names neither kind nor condition
    says nothing of its own and belongs to the report.

    Args:
        found: The text by itself.
        kind: Kind of the report.
        dangers: Conditions that make the report and its notes a danger; none for a harmless one.
    """
    names_kind = not found.is_other
    is_same = (names_kind and found.service_code == kind) or not found.dangers.isdisjoint(dangers)
    return found.is_danger and not is_same and (names_kind or bool(found.dangers))
