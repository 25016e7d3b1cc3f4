"""I11: isolation of jurisdictions and bureaus."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

TENANTS = Invariant(
    "I11",
    "Nothing of one jurisdiction or bureau is visible to another.",
    (
        ViolationQuery(
            "a work order on the topic of another bureau",
            """
            SELECT DISTINCT work_order_id FROM orders
             WHERE topic <> 'bureau-' || lower(bureau) || '-work'
            """,
        ),
        ViolationQuery(
            "an event in the feed of another bureau",
            """
            SELECT f.event FROM feed AS f JOIN orders AS o USING (event)
             WHERE f.bureau <> o.bureau
            """,
        ),
        ViolationQuery(
            "a receipt on the topic of another bureau",
            """
            SELECT event FROM update_receipts
             WHERE topic <> 'bureau-' || lower(bureau) || '-receipts'
            """,
        ),
        ViolationQuery(
            "a receipt that shows a bureau the case of another's work order",
            """
            SELECT a.event
              FROM update_receipts AS a JOIN dispatch_work_orders AS w USING (work_order_id)
             WHERE a.case_id IS NOT NULL AND a.bureau <> w.bureau
            """,
        ),
        ViolationQuery(
            "a work order for a bureau of another jurisdiction",
            """
            SELECT DISTINCT o.work_order_id
              FROM orders AS o JOIN dispatch_cases AS c USING (case_id)
             WHERE NOT EXISTS (SELECT 1 FROM bureaus AS b
                                WHERE b.jurisdiction = c.jurisdiction AND b.bureau = o.bureau)
            """,
        ),
        ViolationQuery(
            "a case of more than one jurisdiction",
            """
            SELECT DISTINCT e.case_id
              FROM case_events AS e JOIN dispatch_cases AS c USING (case_id)
             WHERE e.jurisdiction <> c.jurisdiction
            """,
        ),
        ViolationQuery(
            "a request in, or held against, a case of another jurisdiction",
            """
            SELECT DISTINCT d.request_id
              FROM decided AS d JOIN dispatch_cases AS c ON c.case_id IN (d.case_id, d.of_case)
             WHERE d.jurisdiction <> c.jurisdiction
            """,
        ),
        ViolationQuery(
            "a request that changed its jurisdiction on the way",
            """
            SELECT s.request_id
              FROM submitted AS s JOIN intake_requests AS r USING (request_id)
             WHERE s.jurisdiction <> r.jurisdiction
             UNION
            SELECT s.request_id FROM submitted AS s JOIN decided AS d USING (request_id)
             WHERE s.jurisdiction <> d.jurisdiction
            """,
        ),
    ),
)
