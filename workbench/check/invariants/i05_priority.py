"""I5: monotonic priority of cases."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

# P1 is the most urgent; within a level the higher score is
_FELL = "(level > level_before OR level = level_before AND score < score_before)"

PRIORITY = Invariant(
    "I5",
    "Priority never falls, except where an operator lowers it.",
    (
        ViolationQuery(
            "a case whose priority fell",
            f"""
            SELECT DISTINCT case_id
              FROM (SELECT case_id, kind, cause, level, score,
                           lag(level) OVER versions AS level_before,
                           lag(score) OVER versions AS score_before
                      FROM case_events WHERE topic = 'dispatch-cases'
                    WINDOW versions AS (PARTITION BY case_id ORDER BY version))
             WHERE {_FELL}
               AND NOT (kind = 'priority_lowered' AND cause IN (SELECT event FROM commands))
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a work order whose priority fell",
            f"""
            SELECT DISTINCT work_order_id
              FROM (SELECT work_order_id, case_id, case_version, level, score,
                           lag(case_version) OVER versions AS case_version_before,
                           lag(level) OVER versions AS level_before,
                           lag(score) OVER versions AS score_before
                      FROM orders
                    WINDOW versions AS (PARTITION BY work_order_id ORDER BY version)) AS o
             WHERE {_FELL}
               AND NOT EXISTS (SELECT 1 FROM case_events AS e JOIN commands AS c
                                   ON c.event = e.cause
                                WHERE e.topic = 'dispatch-cases' AND e.case_id = o.case_id
                                  AND e.kind = 'priority_lowered'
                                  AND e.version > o.case_version_before
                                  AND e.version <= o.case_version)
            """,  # noqa: S608 - made of constants
        ),
    ),
)
