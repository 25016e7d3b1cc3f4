"""I8: identical bytes of an event in log and tables."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

BYTES = Invariant(
    "I8",
    "The same event id has the same bytes, wherever it was seen.",
    (
        ViolationQuery(
            "an event with different bytes in the log",
            """
            SELECT id FROM seen GROUP BY id, source HAVING min(digest) <> max(digest)
            """,
        ),
        ViolationQuery(
            "an event whose bytes in the outbox are not those on Kafka",
            """
            SELECT DISTINCT o.id FROM outbox AS o
             WHERE EXISTS (SELECT 1 FROM seen AS s
                            WHERE s.id = o.id AND s.source = o.source AND s.digest <> o.digest)
            """,
        ),
        ViolationQuery(
            "an event whose bytes in a feed are not those on Kafka",
            """
            SELECT f.event FROM feed AS f JOIN seen AS s ON s.id = f.event
             WHERE s.source = '/dispatch' AND s.digest <> f.digest
            """,
        ),
        ViolationQuery(
            "a receipt whose bytes on Kafka are not those that intake keeps",
            """
            SELECT DISTINCT s.id
              FROM intake_submissions AS i JOIN seen AS s ON s.id = i.receipt_id
             WHERE s.source = '/intake' AND s.digest <> i.digest
            """,
        ),
    ),
)
