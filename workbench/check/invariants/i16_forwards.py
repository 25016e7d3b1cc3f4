"""I16: what bureaus get in systems of their own."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

FORWARDS = Invariant(
    "I16",
    "Every work order of a bureau that forwards is in its system, waits its turn, or is parked or "
    "failed with a reason; every event of a bureau with a digest is in one.",
    (
        ViolationQuery(
            "a work order that was not taken up for the system of its bureau",
            """
            SELECT DISTINCT o.work_order_id FROM orders AS o JOIN forwarding AS b USING (bureau)
             WHERE b.way = 'open311'
               AND o.at BETWEEN (SELECT min(at) FROM feed_since) AND (SELECT min(at) FROM settled)
               AND NOT EXISTS (SELECT 1 FROM forwards AS f
                                WHERE f.work_order_id = o.work_order_id)
            """,
        ),
        ViolationQuery(
            "a work order that should have been tried by now",
            """
            SELECT f.work_order_id FROM forwards AS f JOIN forwarding AS b USING (bureau)
             WHERE b.way = 'open311' AND f.stuck
               AND EXISTS (SELECT 1 FROM orders AS o
                            WHERE o.work_order_id = f.work_order_id
                              AND o.at < (SELECT min(at) FROM settled))
            """,
        ),
        ViolationQuery(
            "a work order that was not forwarded, for no reason",
            """
            SELECT work_order_id FROM forwards
             WHERE reason IS NULL
               AND (state IN ('parked', 'dropped') OR state = 'pending' AND attempts > 0)
            """,
        ),
        ViolationQuery(
            "a work order that counts as ended for the system of its bureau, and is open",
            """
            SELECT f.work_order_id FROM forwards AS f
              JOIN dispatch_work_orders AS w USING (work_order_id)
             WHERE f.state IN ('dropped', 'done')
               AND w.status NOT IN ('completed', 'declined', 'transferred', 'withdrawn')
            """,
        ),
        ViolationQuery(
            "an event of more than two days ago that no digest covers",
            """
            SELECT o.event FROM orders AS o JOIN forwarding AS b USING (bureau)
              JOIN feed AS f ON f.event = o.event
             WHERE b.way = 'digest' AND o.at < (SELECT min(digested) FROM settled)
               AND NOT EXISTS (SELECT 1 FROM digests AS d
                                WHERE d.bureau = o.bureau AND d.number >= f.number)
            """,
        ),
    ),
)
