"""Who reported each case that a batch is about, kept up to date within the batch."""

from collections.abc import Mapping

from services.triage.rules.priority.reporters import NOBODY, Reporters
from services.triage.rulings import Ruling


class Crowds:
    """The reporters of the cases of one batch."""

    def __init__(self, known: Mapping[str, Reporters]) -> None:
        """Take who reported the cases before the batch; the others are new."""
        self._by_case = dict(known)

    def joined_by(self, ruling: Ruling) -> Reporters:
        """Return who reported the case of a request, with the request, for those that follow."""
        if ruling.case is None:
            return NOBODY
        case_id = ruling.case.case_id
        before = self._by_case.get(case_id, NOBODY)
        after = self._by_case[case_id] = before.joined_by(ruling.hearing.report.reporter)
        return after
