"""The ports of intake upon the parts that a test has; the others are missing."""

from typing import Any

from services.intake.policy import IntakePolicy
from services.intake.ports import IntakePorts


def ports_of(policy: IntakePolicy, **parts: Any) -> IntakePorts:
    """Return the ports of a policy with these parts, such as ``pool`` or ``batcher``."""
    names = (
        "settings",
        "pool",
        "lookups",
        "callers",
        "limits",
        "pictures",
        "prefetch",
        "batcher",
        "hand_over",
    )
    private = {"batcher": "_batcher", "hand_over": "_hand_over"}
    values: dict[str, Any] = {private.get(name, name): parts.get(name) for name in names}
    return IntakePorts(_policy=policy, **values)
