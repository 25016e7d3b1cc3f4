"""Conditions that a report states, with the evidence."""

from collections.abc import Mapping
from typing import TypeAlias

from shared.catalogue.judgement import TextJudgement

MatchedConditions: TypeAlias = Mapping[str, str]
"""Evidence by condition: words of the report, or the code of the attribute that states it."""

DOUBTFUL = "doubted"
"""Stands for a phrase of danger that the rest of its text contradicts."""


def matched_conditions(judgement: TextJudgement) -> MatchedConditions:
    """Return the conditions that count, and the first that is doubted, if there is one."""
    doubted = next(iter(judgement.doubted.values()), None)
    if doubted is None:
        return judgement.conditions
    return {**judgement.conditions, DOUBTFUL: doubted}
