"""I3: the work orders that bureaus have received match dispatch's state."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

_LOG_IS_COMPLETE = "o.topic IN (SELECT topic FROM whole_topics)"
_LATEST = """
    SELECT o.*, max(o.version) FROM orders AS o GROUP BY o.work_order_id
"""  # SQLite takes the other columns from the row with the maximum

WORK_ORDERS = Invariant(
    "I3",
    "Every bureau of a case has one work order; its versions run from 1 without gaps, and the "
    "last one published is the present state.",
    (
        ViolationQuery(
            "a work order with a version that its bureau did not receive",
            f"""
            SELECT o.work_order_id FROM orders AS o WHERE {_LOG_IS_COMPLETE}
             GROUP BY o.work_order_id
            HAVING min(o.version) <> 1 OR count(DISTINCT o.version) <> max(o.version)
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a work order whose latest version its bureau did not receive",
            """
            SELECT w.work_order_id FROM dispatch_work_orders AS w
             WHERE coalesce((SELECT max(o.version) FROM orders AS o
                              WHERE o.work_order_id = w.work_order_id), 0) <> w.version
               AND EXISTS (SELECT 1 FROM whole_topics
                            WHERE topic = 'bureau-' || lower(w.bureau) || '-work')
            """,
        ),
        ViolationQuery(
            "a work order that dispatch does not know",
            """
            SELECT DISTINCT o.work_order_id FROM orders AS o
             WHERE NOT EXISTS (SELECT 1 FROM dispatch_work_orders AS w
                                WHERE w.work_order_id = o.work_order_id)
            """,
        ),
        ViolationQuery(
            "a work order that differs from the one its bureau received last",
            f"""
            SELECT o.work_order_id
              FROM ({_LATEST}) AS o JOIN dispatch_work_orders AS w USING (work_order_id)
             WHERE o.version = w.version
               AND (o.case_id, o.status, o.role, o.acknowledge_by, o.complete_by)
                   IS NOT (w.case_id, w.status, w.role, w.acknowledge_by, w.complete_by)
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a bureau's newest work order that differs from its case",
            f"""
            SELECT o.work_order_id
              FROM ({_LATEST}) AS o
              JOIN dispatch_work_orders AS w USING (work_order_id)
              JOIN dispatch_cases AS c ON c.case_id = w.case_id
             WHERE o.version = w.version
               AND w.number = (SELECT max(number) FROM dispatch_work_orders AS n
                                WHERE n.case_id = w.case_id AND n.bureau = w.bureau)
               AND (o.case_version, o.request_count, o.level, o.score)
                   IS NOT (c.version, c.request_count, c.level, c.score)
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a case that differs from its latest event",
            """
            SELECT c.case_id
              FROM dispatch_cases AS c
              JOIN case_events AS e
                ON e.topic = 'dispatch-cases' AND e.case_id = c.case_id AND e.version = c.version
             WHERE (e.status, e.level, e.score, e.lead_bureau, e.request_count)
                   IS NOT (c.status, c.level, c.score, c.lead_bureau, c.request_count)
            """,
        ),
        ViolationQuery(
            "a case whose lead bureau has no work order",
            """
            SELECT c.case_id FROM dispatch_cases AS c
             WHERE NOT EXISTS (SELECT 1 FROM dispatch_work_orders AS w
                                WHERE w.case_id = c.case_id AND w.bureau = c.lead_bureau
                                  AND w.role = 'lead' AND w.status <> 'transferred'
                                  AND (w.status <> 'withdrawn'
                                       OR c.status IN ('completed', 'declined', 'referred')))
            """,
        ),
        ViolationQuery(
            "a case in which one bureau has more than one open work order",
            """
            SELECT DISTINCT case_id FROM dispatch_work_orders
             WHERE status NOT IN ('completed', 'declined', 'transferred', 'withdrawn')
             GROUP BY case_id, bureau HAVING count(*) > 1
            """,
        ),
    ),
)
