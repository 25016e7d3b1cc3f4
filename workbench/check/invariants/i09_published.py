"""I9: nothing is left unpublished or unread."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

PUBLISHED = Invariant(
    "I9",
    "Nothing is left unpublished or unread, and a case's versions have no gap.",
    (
        ViolationQuery(
            "an event that waits in an outbox",
            "SELECT id FROM outbox WHERE NOT published",
        ),
        ViolationQuery(
            "an event that was published and is not on its topic",
            """
            SELECT o.id FROM outbox AS o JOIN topics AS t ON t.topic = o.topic
             WHERE o.published AND o.source = '/' || t.owner AND NOT t.compacted
               AND o.topic IN (SELECT topic FROM whole_topics)
               AND NOT EXISTS (SELECT 1 FROM seen AS s WHERE s.id = o.id AND s.topic = o.topic)
            """,
        ),
        ViolationQuery(
            "a topic that a service has not read to its end",
            """
            SELECT DISTINCT p.service || ' ' || p.topic
              FROM positions AS p JOIN partitions AS b USING (topic, partition)
             WHERE max(coalesce(p.next_offset, 0), b.first) < b.ending
            """,
        ),
        ViolationQuery(
            "a record that a service has deferred and not handled since",
            "SELECT position || ' ' || service FROM deferred",
        ),
        ViolationQuery(
            "an operator's command that dispatch has neither executed nor refused",
            """
            SELECT c.source || ' ' || c.event FROM commands AS c
             WHERE NOT EXISTS (SELECT 1 FROM dispatch_commands AS d
                                WHERE d.source = c.source AND d.event = c.event)
               AND NOT EXISTS (SELECT 1 FROM parked AS p WHERE p.origin = c.position)
            """,
        ),
        ViolationQuery(
            "a case with a version that was not published",
            """
            SELECT case_id FROM case_events
             WHERE topic = 'dispatch-cases' AND topic IN (SELECT topic FROM whole_topics)
             GROUP BY case_id
            HAVING min(version) <> 1 OR count(DISTINCT version) <> max(version)
            """,
        ),
        ViolationQuery(
            "a case whose latest version was not published",
            """
            SELECT c.case_id FROM dispatch_cases AS c
             WHERE EXISTS (SELECT 1 FROM whole_topics WHERE topic = 'dispatch-cases')
               AND coalesce((SELECT max(version) FROM case_events AS e
                              WHERE e.topic = 'dispatch-cases' AND e.case_id = c.case_id), 0)
                   <> c.version
            """,
        ),
        ViolationQuery(
            "a published case that dispatch does not know",
            """
            SELECT DISTINCT e.case_id FROM case_events AS e
             WHERE NOT EXISTS (SELECT 1 FROM dispatch_cases AS c WHERE c.case_id = e.case_id)
            """,
        ),
        ViolationQuery(
            "a closing, split or reopening that is not on both of its topics",
            """
            SELECT event FROM case_events
             WHERE kind IN ('closed', 'request_split', 'reopened')
               AND (SELECT count(*) FROM whole_topics
                     WHERE topic IN ('dispatch-cases', 'dispatch-closings')) = 2
             GROUP BY event HAVING count(*) <> 2
            """,
        ),
    ),
)
