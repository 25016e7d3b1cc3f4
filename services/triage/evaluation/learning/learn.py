"""From a labelled history to proposed rules and what they would have done."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from services.triage.evaluation.families import families
from services.triage.evaluation.learning.fitting import fit
from services.triage.evaluation.learning.proposal import DUPLICATE, proposal
from services.triage.evaluation.learning.samples import samples
from services.triage.evaluation.measures import Outcome, Step, measure
from services.triage.evaluation.period import Period
from services.triage.evaluation.rows import UnreadableRowsError, read_requests
from services.triage.evaluation.trial import Selection, Track, Trial, try_rules
from services.triage.rulebook import Rulebook
from shared.catalogue import load_catalogue
from shared.catalogue.evidence import MOST_POINTS, Extent
from shared.catalogue.evidence_file import EVIDENCE

REACH = Extent(metres=200.0)
_NOT_DATA = shutil.ignore_patterns("*.py", "__pycache__")


@dataclass(frozen=True, slots=True)
class Learnt:
    """A proposed rules file and how it does on the history that it comes from."""

    text: str
    outcome: Outcome
    trial: Trial


def learn(
    selection: Selection,
    pairs: Sequence[tuple[str, str]],
    catalogue_root: Path,
    flagged_share: float,
    track: Track,
) -> Learnt:
    """Propose points and thresholds.

    Args:
        selection: The history to learn from.
        pairs: Its labelled duplicates.
        catalogue_root: Gives kinds, windows and radii.
        flagged_share: How many of all requests may be flagged at most.
        track: Shows how far it is.

    Raises:
        UnreadableRowsError: No labelled pair lies within reach.
    """
    catalogue = load_catalogue(catalogue_root)
    past = read_requests(selection.requests, catalogue, selection.city_id)
    period = Period.of(past, selection.since, selection.until, selection.after)
    past = replace(past, rows=[row for row in past.rows if row.reported_at in period])
    found = list(samples(past, Rulebook(catalogue), families(pairs), REACH))
    if not any(sample.is_one_problem for sample in found):
        raise UnreadableRowsError("no labelled pair lies within window and reach of another")
    points = fit(found)
    with TemporaryDirectory() as folder:
        root = Path(folder) / "catalogue"
        shutil.copytree(catalogue_root, root, ignore=_NOT_DATA)
        file = root / past.city.id / EVIDENCE
        file.write_text(proposal(points, found, REACH.metres, possible=0), encoding="utf-8")
        trial = try_rules(selection, root, track)
        possible = _possible(measure(trial.judged, pairs, trial.counted).curve, flagged_share)
        text = proposal(points, found, REACH.metres, possible)
        file.write_text(text, encoding="utf-8")
        trial = try_rules(selection, root, track)
    return Learnt(text, measure(trial.judged, pairs, trial.counted), trial)


def _possible(curve: Sequence[Step], flagged_share: float) -> int:
    """Return the fewest whole points at which no more than this share is flagged."""
    few = (step.threshold for step in curve if step.flagged_share <= flagged_share)
    return min(DUPLICATE, ceil(round(next(few, 1.0) * MOST_POINTS, 6)))
