"""I13: erased contacts stay erased."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

ERASURES = Invariant(
    "I13",
    "An erased contact is readable nowhere, and no message to it waits.",
    (
        ViolationQuery(
            "a request whose contact was erased and is readable in notify's tables",
            """
            SELECT request_id FROM notify_requests
             WHERE readable AND request_id IN (SELECT request_id FROM erased_contacts)
            """,
        ),
        ViolationQuery(
            "a request whose contact was erased and is still in intake's outbox",
            """
            SELECT DISTINCT request_id FROM intake_contact_rows
             WHERE request_id IN (SELECT request_id FROM erased_contacts)
            """,
        ),
        ViolationQuery(
            "a request whose contact was erased and is the last word on the topic of contacts",
            """
            SELECT request_id
              FROM (SELECT request_id, erased, max(rowid) FROM contacts GROUP BY request_id)
             WHERE NOT erased AND request_id IN (SELECT request_id FROM erased_contacts)
            """,
        ),
        ViolationQuery(
            "a message to an erased contact that waits to be sent",
            """
            SELECT notification_id FROM notify_deliveries
             WHERE state IN ('pending', 'held', 'sending')
               AND request_id IN (SELECT request_id FROM erased_contacts)
            """,
        ),
    ),
)
