"""I11: nobody sees what is another's."""

from cli.check.invariants.invariant import Clause, Invariant

TENANTS = Invariant(
    "I11",
    "Nothing of one jurisdiction or bureau is visible to another.",
    (
        Clause(
            "a work order on the topic of another bureau",
            """
            SELECT DISTINCT work_order_id FROM orders
             WHERE topic <> 'bureau-' || lower(bureau) || '-work'
            """,
        ),
        Clause(
            "a receipt on the topic of another bureau",
            """
            SELECT event FROM update_answers
             WHERE topic <> 'bureau-' || lower(bureau) || '-receipts'
            """,
        ),
        Clause(
            "a receipt that shows a bureau the case of another's work order",
            """
            SELECT a.event
              FROM update_answers AS a JOIN dispatch_work_orders AS w USING (work_order_id)
             WHERE a.case_id IS NOT NULL AND a.bureau <> w.bureau
            """,
        ),
        Clause(
            "a work order for a bureau of another jurisdiction",
            """
            SELECT DISTINCT o.work_order_id
              FROM orders AS o JOIN dispatch_cases AS c USING (case_id)
             WHERE NOT EXISTS (SELECT 1 FROM bureaus AS b
                                WHERE b.jurisdiction = c.jurisdiction AND b.bureau = o.bureau)
            """,
        ),
        Clause(
            "a case of more than one jurisdiction",
            """
            SELECT DISTINCT e.case_id
              FROM case_events AS e JOIN dispatch_cases AS c USING (case_id)
             WHERE e.jurisdiction <> c.jurisdiction
            """,
        ),
        Clause(
            "a request in, or held against, a case of another jurisdiction",
            """
            SELECT DISTINCT d.request_id
              FROM decided AS d JOIN dispatch_cases AS c ON c.case_id IN (d.case_id, d.of_case)
             WHERE d.jurisdiction <> c.jurisdiction
            """,
        ),
        Clause(
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
