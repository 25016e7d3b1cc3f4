"""I17: what insight counts."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

INSIGHT = Invariant(
    "I17",
    "Insight counts every decided request in the case that dispatch has it in, and every case with "
    "all its versions and in its present state.",
    (
        ViolationQuery(
            "a decided request that insight does not count",
            """
            SELECT DISTINCT request_id FROM decided
             WHERE request_id NOT IN (SELECT request_id FROM insight_requests WHERE decided)
            """,
        ),
        ViolationQuery(
            "a request that insight counts in another case",
            """
            SELECT i.request_id FROM insight_requests AS i
              JOIN dispatch_case_requests AS d USING (request_id)
             WHERE i.case_id IS NOT d.case_id
            """,
        ),
        ViolationQuery(
            "a case of which insight lacks versions",
            """
            SELECT e.case_id FROM case_events AS e LEFT JOIN insight_cases AS i USING (case_id)
             WHERE e.topic = 'dispatch-cases'
             GROUP BY e.case_id
            HAVING count(DISTINCT e.version) > coalesce(max(i.versions), 0)
            """,
        ),
        ViolationQuery(
            "a case that insight counts in another state",
            """
            SELECT c.case_id FROM dispatch_cases AS c JOIN insight_cases AS i USING (case_id)
             WHERE (c.status, c.level, c.lead_bureau) IS NOT (i.status, i.level, i.lead_bureau)
            """,
        ),
    ),
)
