"""I10: exactly the unreadable records are in dead-letter topics."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

_UNREADABLE = (
    "('undecodable_event', 'unknown_type', 'unknown_version', 'too_large', 'source_not_allowed')"
)
_PLANTED = """
    (SELECT 1 FROM poison AS x WHERE x.topic = p.topic AND x.sha256 = p.sha256)
"""

_REFUSED = """
    (SELECT 1 FROM commands AS c JOIN dispatch_commands AS d USING (source, event)
      WHERE c.position = p.origin AND d.refused_as IS NOT NULL)
"""  # an operator finds it there

SCHEMAS = Invariant(
    "I10",
    "Every record validates against its schema, or each of its readers parked it once; nothing "
    "else is parked.",
    (
        ViolationQuery(
            "an invalid record on a topic without readers",
            """
            SELECT u.position FROM unreadable AS u
             WHERE u.topic NOT IN (SELECT topic FROM readers)
            """,
        ),
        ViolationQuery(
            "an invalid record that a reader did not park",
            """
            SELECT u.position || ' ' || r.service
              FROM unreadable AS u JOIN readers AS r USING (topic)
             WHERE u.topic || '-dlq' IN (SELECT topic FROM whole_topics)
               AND NOT EXISTS (SELECT 1 FROM parked AS p
                                WHERE p.origin = u.position AND p.service = r.service)
            """,
        ),
        ViolationQuery(
            "a parked record without its service, reason or origin",
            """
            SELECT position FROM parked AS p
             WHERE origin_topic <> topic OR origin_offset IS NULL OR code = ''
                OR NOT EXISTS (SELECT 1 FROM readers AS r
                                WHERE r.topic = p.topic AND r.service = p.service)
            """,
        ),
        ViolationQuery(
            "a record that was parked as unreadable although it is readable",
            f"""
            SELECT position FROM parked WHERE code IN {_UNREADABLE} AND readable
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a record that a reader parked more than once",
            """
            SELECT id || ' ' || source FROM outbox
             WHERE topic LIKE '%-dlq' GROUP BY id, source, topic HAVING count(*) > 1
            """,
        ),
        ViolationQuery(
            "a refused command that is not parked with the reason",
            """
            SELECT d.source || ' ' || d.event
              FROM dispatch_commands AS d
             WHERE d.refused_as IS NOT NULL AND d.source NOT LIKE '/http/%'  -- the caller has it
               AND EXISTS (SELECT 1 FROM whole_topics WHERE topic = 'operator-commands-dlq')
               AND NOT EXISTS (SELECT 1 FROM commands AS c JOIN parked AS p ON p.origin = c.position
                                WHERE c.source = d.source AND c.event = d.event
                                  AND p.code = d.refused_as)
            """,
        ),
        ViolationQuery(
            "a planted record that is not parked",
            """
            SELECT x.topic || ' ' || x.sha256 FROM poison AS x
             WHERE NOT EXISTS (SELECT 1 FROM parked AS p
                                WHERE p.topic = x.topic AND p.sha256 = x.sha256)
            """,
        ),
        ViolationQuery(
            "a parked record that the test did not plant",
            f"""
            SELECT p.position FROM parked AS p
             WHERE EXISTS (SELECT 1 FROM client_saw UNION SELECT 1 FROM poison)
               AND NOT EXISTS {_PLANTED} AND NOT EXISTS {_REFUSED}
            """,  # noqa: S608 - made of constants
        ),
    ),
)
