"""I4: the order in which bureaus and everybody else hear of a case."""

from cli.check.invariants.invariant import Clause, Invariant

ORDER = Invariant(
    "I4",
    "Per bureau and case, versions strictly increase in the order of first arrival.",
    (
        Clause(
            "a work order that came in another order than its versions",
            """
            SELECT DISTINCT work_order_id
              FROM (SELECT work_order_id, version,
                           lag(version) OVER (PARTITION BY topic, work_order_id ORDER BY rowid)
                               AS before
                      FROM orders)
             WHERE version <= before
            """,
        ),
        Clause(
            "a case of which a bureau heard an older state after a newer one",
            """
            SELECT DISTINCT case_id
              FROM (SELECT case_id, case_version,
                           lag(case_version) OVER (PARTITION BY topic, case_id ORDER BY rowid)
                               AS before
                      FROM orders)
             WHERE case_version < before
            """,
        ),
        Clause(
            "a case whose events came in another order than its versions",
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
