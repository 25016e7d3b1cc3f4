"""I18: contacts can be opened."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

CONTACT_KEYS = Invariant(
    "I18",
    "Every contact that notify keeps has the key that opens it.",
    (
        ViolationQuery(
            "a request or an alert whose contact nobody can read, for its key is gone",
            "SELECT id FROM notify_sealed WHERE NOT has_key",
        ),
    ),
)
