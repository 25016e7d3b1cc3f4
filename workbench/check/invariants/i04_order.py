"""I4: order of the versions of cases and work orders."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

ORDER = Invariant(
    "I4",
    "Per bureau and case, versions strictly increase in the order of first arrival.",
    (
        ViolationQuery(
            "a work order whose versions arrived out of order",
            """
            SELECT DISTINCT work_order_id
              FROM (SELECT work_order_id, version,
                           lag(version) OVER (PARTITION BY topic, work_order_id ORDER BY rowid)
                               AS before
                      FROM orders)
             WHERE version <= before
            """,
        ),
        ViolationQuery(
            "a work order whose versions are out of order in the feed of its bureau",
            """
            SELECT DISTINCT work_order_id
              FROM (SELECT o.work_order_id, o.version,
                           lag(o.version) OVER (PARTITION BY o.work_order_id ORDER BY f.number)
                               AS before
                      FROM orders AS o JOIN feed AS f USING (event))
             WHERE version <= before
            """,
        ),
        ViolationQuery(
            "a case of which a bureau received an older state after a newer one",
            """
            SELECT DISTINCT case_id
              FROM (SELECT case_id, case_version,
                           lag(case_version) OVER (PARTITION BY topic, case_id ORDER BY rowid)
                               AS before
                      FROM orders)
             WHERE case_version < before
            """,
        ),
        ViolationQuery(
            "a case whose events arrived out of order",
            """
            SELECT DISTINCT case_id
              FROM (SELECT case_id, version,
                           lag(version) OVER (PARTITION BY case_id ORDER BY rowid) AS before
                      FROM case_events WHERE topic = 'dispatch-cases')
             WHERE version <= before
            """,
        ),
    ),
)
