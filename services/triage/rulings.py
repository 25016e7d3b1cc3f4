"""What becomes of one request, given the cases that are known."""

from dataclasses import dataclass
from typing import Literal

from services.triage.hearing import Hearing
from services.triage.rules.dedup.comparison import Case, Link, find_earlier
from services.triage.rules.dedup.known_cases import KnownCases

Outcome = Literal["new", "duplicate", "recurrence", "referral"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of one request.

    Attributes:
        link: The earlier case that it was held against, if there is one.
        case: The case that it belongs to; None for a referral.
    """

    hearing: Hearing
    outcome: Outcome
    link: Link | None
    case: Case | None

    @property
    def makes_known(self) -> Case | None:
        """The case that it opened, if later reports can be about it."""
        opened = self.outcome in ("new", "recurrence")
        return self.case if opened and self.hearing.search else None


def rule_on(hearing: Hearing, known: KnownCases) -> Ruling:
    """Return what becomes of a request; a case that it opens is known from now on."""
    referral = hearing.assessment.referral
    if referral is not None and referral.instead:
        return Ruling(hearing, "referral", None, None)
    candidates = known.near(hearing.search) if hearing.search else ()
    link = find_earlier(hearing.report, candidates, hearing.city.limits)
    if link is not None and link.relation == "duplicate":
        return Ruling(hearing, "duplicate", link, link.case)
    ruling = Ruling(hearing, "recurrence" if link else "new", link, hearing.opens)
    if case := ruling.makes_known:
        known.add(case)
    return ruling
