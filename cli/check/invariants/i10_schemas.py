"""I10: what cannot be read is parked, and nothing else."""

from cli.check.invariants.invariant import Clause, Invariant

_UNREADABLE = "('undecodable_event', 'unknown_type', 'unknown_version', 'too_large')"
_PLANTED = """
    (SELECT 1 FROM poison AS x WHERE x.topic = p.topic AND x.sha256 = p.sha256)
"""

_REFUSED = """
    (SELECT 1 FROM commands AS c JOIN dispatch_commands AS d USING (source, event)
      WHERE c.place = p.origin AND d.refused_as IS NOT NULL)
"""  # an operator finds it there

SCHEMAS = Invariant(
    "I10",
    "Every record validates against its schema, or each of its readers parked it once; nothing "
    "else is parked.",
    (
        Clause(
            "a record that nobody reads and that is against its schema",
            """
            SELECT u.place FROM unreadable AS u
             WHERE u.topic NOT IN (SELECT topic FROM readers)
            """,
        ),
        Clause(
            "a record against its schema that a reader did not park",
            """
            SELECT u.place || ' ' || r.service
              FROM unreadable AS u JOIN readers AS r USING (topic)
             WHERE u.topic || '-dlq' IN (SELECT topic FROM whole)
               AND NOT EXISTS (SELECT 1 FROM parked AS p
                                WHERE p.origin = u.place AND p.service = r.service)
            """,
        ),
        Clause(
            "a parked record that does not say who parked it, why and whence",
            """
            SELECT place FROM parked AS p
             WHERE origin_topic <> topic OR origin_offset IS NULL OR code = ''
                OR NOT EXISTS (SELECT 1 FROM readers AS r
                                WHERE r.topic = p.topic AND r.service = p.service)
            """,
        ),
        Clause(
            "a record that was parked as unreadable and is not",
            f"""
            SELECT place FROM parked WHERE code IN {_UNREADABLE} AND readable
            """,  # noqa: S608 - made of constants
        ),
        Clause(
            "a record that a reader parked more than once",
            """
            SELECT id || ' ' || source FROM outbox
             WHERE topic LIKE '%-dlq' GROUP BY id, source, topic HAVING count(*) > 1
            """,
        ),
        Clause(
            "a refused command that is not parked with the reason",
            """
            SELECT d.source || ' ' || d.event
              FROM dispatch_commands AS d
             WHERE d.refused_as IS NOT NULL
               AND EXISTS (SELECT 1 FROM whole WHERE topic = 'operator-commands-dlq')
               AND NOT EXISTS (SELECT 1 FROM commands AS c JOIN parked AS p ON p.origin = c.place
                                WHERE c.source = d.source AND c.event = d.event
                                  AND p.code = d.refused_as)
            """,
        ),
        Clause(
            "a planted record that is not parked",
            """
            SELECT x.topic || ' ' || x.sha256 FROM poison AS x
             WHERE NOT EXISTS (SELECT 1 FROM parked AS p
                                WHERE p.topic = x.topic AND p.sha256 = x.sha256)
            """,
        ),
        Clause(
            "a parked record that nobody planted",
            f"""
            SELECT p.place FROM parked AS p
             WHERE EXISTS (SELECT 1 FROM client_saw UNION SELECT 1 FROM poison)
               AND NOT EXISTS {_PLANTED} AND NOT EXISTS {_REFUSED}
            """,  # noqa: S608 - made of constants
        ),
    ),
)
