"""I14: each bureau gets each reminder of a deadline once."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

_IS_NOTED = "instr(' ' || w.reminded || ' ', ' ' || r.reminder || ' ')"

REMINDERS = Invariant(
    "I14",
    "Every reminder that dispatch has noted reached its bureau once, and no other did.",
    (
        ViolationQuery(
            "a reminder that came twice",
            """
            SELECT work_order_id || ' ' || reminder FROM reminders
             GROUP BY work_order_id, reminder HAVING count(*) > 1
            """,
        ),
        ViolationQuery(
            "a reminder that dispatch has not noted",
            f"""
            SELECT r.work_order_id || ' ' || r.reminder
              FROM reminders AS r JOIN dispatch_work_orders AS w USING (work_order_id)
             WHERE NOT {_IS_NOTED}
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a reminder that dispatch has noted and its bureau did not get",
            f"""
            SELECT w.work_order_id || ' ' || r.reminder
              FROM dispatch_work_orders AS w
              JOIN (SELECT 'acknowledge_soon' AS reminder UNION SELECT 'acknowledge_overdue'
                     UNION SELECT 'complete_soon' UNION SELECT 'complete_overdue') AS r
                ON {_IS_NOTED}
             WHERE EXISTS (SELECT 1 FROM whole_topics
                            WHERE topic = 'bureau-' || lower(w.bureau) || '-work')
               AND NOT EXISTS (SELECT 1 FROM reminders AS sent
                                WHERE sent.work_order_id = w.work_order_id
                                  AND sent.reminder = r.reminder)
            """,  # noqa: S608 - made of constants
        ),
    ),
)
