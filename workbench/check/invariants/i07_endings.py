"""I7: terminal statuses stay so, and contact data stay where they belong."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

ENDINGS = Invariant(
    "I7",
    "A terminal status happens once, and contact data are readable where they belong alone.",
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
            "a record outside the contacts that contains a reporter's address or number",
            """
            SELECT DISTINCT position FROM contacts_seen
             WHERE hash IN (SELECT hash FROM contact_values)
            """,
        ),
        ViolationQuery(
            "a line of a log with a reporter's address or number",
            """
            SELECT DISTINCT place FROM logged WHERE hash IN (SELECT hash FROM contact_values)
            """,
        ),
        ViolationQuery(
            "a line of a log with an address or number that no reporter has now",
            """
            SELECT DISTINCT place FROM logged
             WHERE is_plain AND hash NOT IN (SELECT hash FROM contact_values)
            """,
        ),
    ),
)
