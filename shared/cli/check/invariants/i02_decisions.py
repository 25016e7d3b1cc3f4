"""I2: what became of each request."""

from shared.cli.check.invariants.invariant import Clause, Invariant

_OF_REQUEST = """
    SELECT d.request_id, d.case_id AS decided,
           coalesce((SELECT s.to_case FROM case_events AS s
                      WHERE s.request_id = d.request_id AND s.kind = 'request_split'
                      ORDER BY s.rowid DESC LIMIT 1), d.case_id) AS case_id
      FROM decided AS d GROUP BY d.request_id
"""  # an operator may have split it off since

DECISIONS = Invariant(
    "I2",
    "Every request has one decision, and belongs to exactly one case or has another outcome with "
    "a reason.",
    (
        Clause(
            "accepted and never decided",
            """
            SELECT s.request_id FROM intake_submissions AS s
             WHERE s.request_id IS NOT NULL
               AND EXISTS (SELECT 1 FROM whole WHERE topic = 'triage-decisions')
               AND NOT EXISTS (SELECT 1 FROM decided AS d WHERE d.request_id = s.request_id)
            """,
        ),
        Clause(
            "decided more than once",
            "SELECT request_id FROM decided GROUP BY request_id HAVING count(*) > 1",
        ),
        Clause(
            "neither in a case nor given another outcome with a reason",
            """
            SELECT request_id FROM decided
             WHERE case_id IS NULL
               AND NOT (outcome = 'referral' AND referred OR outcome = 'answered' AND reasoned)
            """,
        ),
        Clause(
            "in a case although its outcome says that it has none",
            """
            SELECT request_id FROM decided
             WHERE case_id IS NOT NULL AND outcome IN ('referral', 'answered')
            """,
        ),
        Clause(
            "decided to belong to a case that dispatch has not put it in",
            f"""
            SELECT d.request_id FROM ({_OF_REQUEST}) AS d
             WHERE d.case_id IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM dispatch_case_requests AS r
                                WHERE r.request_id = d.request_id AND r.case_id = d.case_id)
            """,  # noqa: S608 - made of constants
        ),
        Clause(
            "in more than one case",
            """
            SELECT request_id FROM case_events
             WHERE topic = 'dispatch-cases' AND kind IN ('opened', 'request_attached')
             GROUP BY request_id
            HAVING count(*) > 1 + (SELECT count(*) FROM case_events AS s
                                    WHERE s.topic = 'dispatch-cases' AND s.kind = 'request_split'
                                      AND s.request_id = case_events.request_id)
            """,
        ),
        Clause(
            "a case that counts other requests than belong to it",
            """
            SELECT c.case_id FROM dispatch_cases AS c
             WHERE c.request_count <> (SELECT count(*) FROM dispatch_case_requests AS r
                                        WHERE r.case_id = c.case_id)
            """,
        ),
    ),
)
