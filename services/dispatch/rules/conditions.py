"""Which facts a report states that decide who hears of it, where triage did not tell them."""

from collections.abc import Collection, Mapping

from shared.catalogue import Jurisdiction, ServiceType
from shared.text_matching import fold


def conditions_met(
    kind: ServiceType,
    jurisdiction: Jurisdiction,
    *,
    answers: Mapping[str, object],
    text: str,
    reasons: Collection[str],
) -> frozenset[str]:
    """Return those conditions under which the kind informs a bureau that the report meets.

    Args:
        kind: What the report is.
        jurisdiction: Where it is from.
        answers: The report's attributes.
        text: The reporter's own words.
        reasons: Codes of the reasons that triage gave. Whether words state a hazard of the kind
            was judged there, so for those the words are not read a second time.
    """
    asked = {informed.when for informed in kind.informed if informed.when is not None}
    if not asked:
        return frozenset()
    stated = {*reasons, *kind.implies}
    stated |= {code for code in asked if jurisdiction.conditions[code].answered_by(answers)}
    if unread := asked - stated - set(kind.hazard_conditions):
        stated |= unread & {hit.code for hit in jurisdiction.phrases.find(fold(text))}
    return frozenset(asked & stated)
