"""I2: one decision for each request, and one case or another outcome."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

_EXPECTED_CASES = """
    WITH RECURSIVE expected (request_id, case_id) AS (
        SELECT d.request_id,
               coalesce((SELECT s.to_case FROM case_events AS s
                          WHERE s.request_id = d.request_id AND s.kind = 'request_split'
                          ORDER BY s.moves DESC LIMIT 1), d.case_id)
          FROM decided AS d GROUP BY d.request_id
         UNION
        SELECT h.request_id, e.merged_into
          FROM expected AS h JOIN case_events AS e ON e.case_id = h.case_id
         WHERE e.merged_into IS NOT NULL
    )
    SELECT request_id, case_id FROM expected AS h
     WHERE NOT EXISTS (SELECT 1 FROM case_events AS e
                        WHERE e.case_id = h.case_id AND e.merged_into IS NOT NULL)
"""  # an operator may have split it off, or merged its case into another one, since

DECISIONS = Invariant(
    "I2",
    "Every request has one decision, and belongs to exactly one case or has another outcome with "
    "a reason.",
    (
        ViolationQuery(
            "accepted and never decided",
            """
            SELECT s.request_id FROM intake_submissions AS s
             WHERE s.request_id IS NOT NULL
               AND EXISTS (SELECT 1 FROM whole_topics WHERE topic = 'triage-decisions')
               AND NOT EXISTS (SELECT 1 FROM decided AS d WHERE d.request_id = s.request_id)
            """,
        ),
        ViolationQuery(
            "decided more than once",
            "SELECT request_id FROM decided GROUP BY request_id HAVING count(*) > 1",
        ),
        ViolationQuery(
            "neither in a case nor given another outcome with a reason",
            """
            SELECT request_id FROM decided
             WHERE case_id IS NULL
               AND NOT (outcome = 'referral' AND referred OR outcome = 'answered' AND advised)
            """,
        ),
        ViolationQuery(
            "in a case although its outcome has none",
            """
            SELECT request_id FROM decided
             WHERE case_id IS NOT NULL AND outcome IN ('referral', 'answered')
            """,
        ),
        ViolationQuery(
            "decided to belong to a case that dispatch has not put it in",
            f"""
            SELECT d.request_id FROM ({_EXPECTED_CASES}) AS d
             WHERE d.case_id IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM dispatch_case_requests AS r
                                WHERE r.request_id = d.request_id AND r.case_id = d.case_id)
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "in more than one case",
            """
            SELECT request_id FROM case_events
             WHERE topic = 'dispatch-cases' AND kind IN ('opened', 'request_attached')
               AND moved_from IS NULL
             GROUP BY request_id HAVING count(*) > 1
            """,
        ),
        ViolationQuery(
            "moved to another case without an operator's command",
            """
            SELECT DISTINCT request_id FROM case_events
             WHERE topic = 'dispatch-cases' AND (moved_from IS NOT NULL OR to_case IS NOT NULL)
               AND (cause IS NULL OR cause NOT IN (SELECT event FROM commands))
            """,
        ),
        ViolationQuery(
            "a case whose count of requests is wrong",
            """
            SELECT c.case_id FROM dispatch_cases AS c
             WHERE c.request_count <> (SELECT count(*) FROM dispatch_case_requests AS r
                                        WHERE r.case_id = c.case_id)
            """,
        ),
    ),
)
