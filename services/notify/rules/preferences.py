"""Rule: which messages a person gets who chose so."""

from typing import Literal, TypeAlias

UpdatesChoice: TypeAlias = Literal["all", "important", "none"]
"""``important`` leaves out the steps on the way; ``none`` is no e-mail about reports at all."""

ON_THE_WAY: tuple[str, ...] = ("acknowledged", "scheduled", "in_progress", "transferred")
"""Templates about steps that need nothing of the person and end nothing."""
