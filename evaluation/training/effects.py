"""What the rules in use and the proposed ones make of the history that was learnt from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evaluation.measures import Agreement, Outcome


@dataclass(frozen=True, slots=True)
class Effects:
    """How well both do."""

    before: Outcome
    after: Outcome

    def of_all(self) -> str:
        """Return what changes in the whole history, in words."""
        return ", ".join(_in_words(self.before.whole, self.after.whole))

    def of_some(self, kinds: Iterable[str]) -> str:
        """Return what changes for requests of some kinds, in words."""
        some = list(kinds)
        return ", ".join(_in_words(_together(self.before, some), _together(self.after, some)))


def _together(outcome: Outcome, kinds: Iterable[str]) -> Agreement:
    some = [outcome.kinds[kind] for kind in kinds if kind in outcome.kinds]
    return Agreement(
        requests=sum(one.requests for one in some),
        labelled=sum(one.labelled for one in some),
        found=sum(one.found for one in some),
        right_case=sum(one.right_case for one in some),
        flagged=sum(one.flagged for one in some),
    )


def _in_words(before: Agreement, after: Agreement) -> Iterator[str]:
    if before.labelled:
        found = f"{before.found:,} -> {after.found:,} of {before.labelled:,} labelled found"
        yield f"{found}, {before.right_case:,} -> {after.right_case:,} in the right case"
    yield f"{before.flagged:,} -> {after.flagged:,} of {before.requests:,} flagged"
