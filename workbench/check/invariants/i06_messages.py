"""I6: at most one hand-over of each message to the provider.

An unknown message may turn out as sent, but not the other way round; ids of events sort by time.
"""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

MESSAGES = Invariant(
    "I6",
    "Per person, case, version and channel there is at most one hand-over to the provider.",
    (
        ViolationQuery(
            "a message that was, or may have been, handed over more than once",
            """
            SELECT min(notification_id) FROM notices
             WHERE kind IN ('sent', 'unknown')
             GROUP BY person, subject_id, version, channel
            HAVING count(DISTINCT notification_id) > 1
                OR count(*) FILTER (WHERE kind = 'sent') > 1
                OR max(event) FILTER (WHERE kind = 'unknown')
                   > min(event) FILTER (WHERE kind = 'sent')
            """,
        ),
        ViolationQuery(
            "a message that notify's table shows as handed over more than once",
            """
            SELECT min(notification_id) FROM notify_deliveries
             WHERE state IN ('sent', 'unknown')
             GROUP BY person, subject_id, version, channel HAVING count(*) > 1
            """,
        ),
        ViolationQuery(
            "a message that was, or may have been, handed over and is about to be once more",
            """
            SELECT DISTINCT d.notification_id
              FROM notify_deliveries AS d JOIN notices AS n USING (notification_id)
             WHERE d.state IN ('pending', 'sending') AND n.kind IN ('sent', 'unknown')
            """,
        ),
    ),
)
