"""I1: every submission has its request, and no other request exists."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

_BEST_OUTCOMES = """
    SELECT source, id, max(request_id) AS request_id,
           min(CASE outcome WHEN 'accepted' THEN 0 WHEN 'indeterminate' THEN 1 ELSE 2 END) AS rank
      FROM client_saw GROUP BY source, id
"""  # a client that tries again may see several outcomes of one submission
_LOG_IS_COMPLETE = """
    (SELECT count(*) FROM whole_topics
      WHERE topic IN ('intake-requests', 'intake-requests-express')) = 2
"""

REQUESTS = Invariant(
    "I1",
    "Every accepted request exists once, every indeterminate one at most once, and nothing else.",
    (
        ViolationQuery(
            "submitted on channel-submissions and neither answered nor parked",
            """
            SELECT h.source || ' ' || h.id FROM handed_in AS h
             WHERE NOT EXISTS (SELECT 1 FROM intake_submissions AS s
                                WHERE s.identity = h.identity AND s.fingerprint = h.fingerprint)
               AND NOT EXISTS (SELECT 1 FROM parked AS p WHERE p.origin = h.position)
            """,
        ),
        ViolationQuery(
            "submitted on channel-submissions without a receipt on intake-receipts",
            """
            SELECT DISTINCT h.source || ' ' || h.id FROM handed_in AS h
             WHERE EXISTS (SELECT 1 FROM whole_topics WHERE topic = 'intake-receipts')
               AND EXISTS (SELECT 1 FROM intake_submissions AS s WHERE s.identity = h.identity)
               AND NOT EXISTS (SELECT 1 FROM submission_receipts AS a
                                WHERE a.source = h.source AND a.id = h.id)
            """,
        ),
        ViolationQuery(
            "accepted, but not among intake's requests",
            """
            SELECT s.request_id FROM intake_submissions AS s
             WHERE s.request_id IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM intake_requests AS r
                                WHERE r.request_id = s.request_id)
            """,
        ),
        ViolationQuery(
            "accepted, but never submitted to triage",
            f"""
            SELECT s.request_id FROM intake_submissions AS s
             WHERE s.request_id IS NOT NULL AND {_LOG_IS_COMPLETE}
               AND NOT EXISTS (SELECT 1 FROM submitted AS r WHERE r.request_id = s.request_id)
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "accepted as more than one request",
            """
            SELECT source || ' ' || id FROM intake_submissions
             GROUP BY source, id HAVING count(DISTINCT request_id) > 1
             UNION
            SELECT source || ' ' || id FROM submission_receipts
             GROUP BY source, id HAVING count(DISTINCT request_id) > 1
            """,
        ),
        ViolationQuery(
            "submitted to triage more than once, as different events",
            "SELECT request_id FROM submitted GROUP BY request_id HAVING count(*) > 1",
        ),
        ViolationQuery(
            "a request without a submission",
            """
            SELECT request_id
              FROM (SELECT request_id FROM submitted
                     UNION SELECT request_id FROM intake_requests
                     UNION SELECT request_id FROM decided) AS r
             WHERE NOT EXISTS (SELECT 1 FROM intake_submissions AS s
                                WHERE s.request_id = r.request_id)
            """,
        ),
        ViolationQuery(
            "accepted according to the client, but there is no such request",
            f"""
            SELECT c.source || ' ' || c.id FROM ({_BEST_OUTCOMES}) AS c
             WHERE c.rank = 0
               AND NOT EXISTS (SELECT 1 FROM intake_submissions AS s
                                WHERE s.source = c.source AND s.id = c.id
                                  AND s.request_id = coalesce(c.request_id, s.request_id))
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a request that the client never submitted, or saw rejected",
            f"""
            SELECT s.source || ' ' || s.id FROM intake_submissions AS s
             WHERE s.request_id IS NOT NULL
               AND s.source IN (SELECT source FROM client_saw)
               AND NOT EXISTS (SELECT 1 FROM ({_BEST_OUTCOMES}) AS c
                                WHERE c.source = s.source AND c.id = s.id AND c.rank < 2)
            """,  # noqa: S608 - made of constants
        ),
    ),
)
