"""I7: terminal statuses and erased contact data stay so."""

from cli.check.invariants.invariant import Invariant, ViolationQuery

ENDINGS = Invariant(
    "I7",
    "A terminal status happens once, and contact data are readable where they belong alone and "
    "nowhere after erasure.",
    (
        ViolationQuery(
            "a case that ended, or went on, after it had ended and was not reopened",
            """
            SELECT DISTINCT case_id
              FROM (SELECT case_id, kind, status,
                           lag(status) OVER (PARTITION BY case_id ORDER BY version) AS before
                      FROM case_events WHERE topic = 'dispatch-cases')
             WHERE before IN ('completed', 'declined', 'referred') AND kind <> 'reopened'
               AND (kind = 'closed' OR status <> before)
            """,
        ),
        ViolationQuery(
            "a request whose contact was erased and is readable in notify's tables",
            """
            SELECT request_id
              FROM (SELECT request_id, erased, max(rowid) FROM contacts GROUP BY request_id)
              JOIN notify_requests USING (request_id)
             WHERE erased AND readable
            """,
        ),
        ViolationQuery(
            "a record outside the contacts that contains a reporter's address or number",
            """
            SELECT DISTINCT position FROM contacts_seen
             WHERE hash IN (SELECT hash FROM contact_values)
            """,
        ),
    ),
)
