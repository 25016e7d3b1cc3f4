"""What was learnt from texts."""

from dataclasses import dataclass

from shared.text_matching import FeatureWeights


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hints, and how they do on texts of writers whom they were not learnt from.

    Attributes:
        recall: Share of the texts meant that they find.
        false_alarms: Share of routine and harmless texts that they take for it.
    """

    hints: FeatureWeights
    recall: float
    false_alarms: float
