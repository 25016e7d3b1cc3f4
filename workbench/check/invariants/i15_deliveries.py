"""I15: what bureaus get by feed and webhook."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

DELIVERIES = Invariant(
    "I15",
    "Every event of a bureau is in its feed, and its webhook got it or it is parked with a reason.",
    (
        ViolationQuery(
            "an event that the feed of its bureau lacks",
            """
            SELECT o.event FROM orders AS o
             WHERE o.at > (SELECT min(at) FROM feed_since)
               AND NOT EXISTS (SELECT 1 FROM feed AS f WHERE f.event = o.event)
            """,
        ),
        ViolationQuery(
            "an event that waits for no call of an enabled webhook",
            """
            SELECT f.event FROM feed AS f JOIN webhooks AS w USING (bureau)
             WHERE w.enabled AND f.number > w.begins_after
               AND NOT EXISTS (SELECT 1 FROM webhook_deliveries AS d
                                WHERE d.bureau = f.bureau AND d.number = f.number)
            """,
        ),
        ViolationQuery(
            "an event that a webhook should have got by now",
            """
            SELECT f.event FROM webhook_deliveries AS d JOIN feed AS f USING (bureau, number)
             WHERE d.stuck
            """,
        ),
        ViolationQuery(
            "an event that counts as delivered without a call that succeeded",
            """
            SELECT f.event FROM webhook_deliveries AS d JOIN feed AS f USING (bureau, number)
             WHERE d.state = 'delivered'
               AND NOT EXISTS (SELECT 1 FROM webhook_calls AS c
                                WHERE c.bureau = f.bureau AND c.event = f.event
                                  AND c.error IS NULL)
            """,
        ),
        ViolationQuery(
            "an event that is parked without a reason",
            """
            SELECT f.event FROM webhook_deliveries AS d JOIN feed AS f USING (bureau, number)
             WHERE d.state = 'parked'
               AND NOT EXISTS (SELECT 1 FROM webhook_calls AS c
                                WHERE c.bureau = f.bureau AND c.event = f.event
                                  AND c.error IS NOT NULL)
            """,
        ),
    ),
)
