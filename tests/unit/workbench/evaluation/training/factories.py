"""Makers of what rules are learnt from."""

from typing import Any

from shared.catalogue.evidence import Evidence, Extent, Slope, Thresholds
from workbench.evaluation.training.samples import Sample


def sample(*, is_one: bool, **changes: Any) -> Sample:
    traits: dict[str, Any] = {
        "group": "tree",
        "kind": "FALLEN",
        "distance": 10.0,
        "apart": 1.0,
        "same_kind": True,
        "same_street": False,
        "same_address": False,
        "score": 70.0,
    }
    return Sample(**(traits | changes), is_duplicate=is_one)


def evidence(**changes: Any) -> Evidence:
    fields: dict[str, Any] = {
        "reach": Extent(metres=200),
        "distance": Slope((0.0, 50.0, 100.0), (0.0, 0.0, 0.0)),
        "no_distance": 0.0,
        "apart": Slope((0.0, 24.0), (0.0, 0.0)),
        "same_kind": 3.0,
        "same_street": 7.0,
        "same_address": 9.0,
        "default": Thresholds(5, 50, 20),
        "groups": {"hole": Thresholds(-30, 60, 40)},
        "kinds": {"HOLE": 4.0},
    }
    return Evidence(**(fields | changes))
