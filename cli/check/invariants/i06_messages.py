"""I6: nobody gets the same message twice."""

from cli.check.invariants.invariant import Clause, Invariant

MESSAGES = Invariant(
    "I6",
    "Per person, case, version and channel there is at most one hand-over to the provider.",
    (
        Clause(
            "a message that was, or may have been, handed over more than once",
            """
            SELECT min(notification_id) FROM notices
             WHERE kind IN ('sent', 'unknown')
             GROUP BY person, about, version, channel HAVING count(*) > 1
            """,
        ),
        Clause(
            "a message that notify keeps as handed over more than once",
            """
            SELECT min(notification_id) FROM notify_deliveries
             WHERE state IN ('sent', 'unknown')
             GROUP BY person, about, version, channel HAVING count(*) > 1
            """,
        ),
        Clause(
            "a message that was, or may have been, handed over and is about to be once more",
            """
            SELECT DISTINCT d.notification_id
              FROM notify_deliveries AS d JOIN notices AS n USING (notification_id)
             WHERE d.state IN ('pending', 'sending') AND n.kind IN ('sent', 'unknown')
            """,
        ),
    ),
)
