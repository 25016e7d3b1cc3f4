"""I12: a replay of the log gives triage's state."""

from workbench.check.invariants.invariant import Invariant, ViolationQuery

_LOG_IS_COMPLETE = """
    (SELECT count(*) FROM whole_topics WHERE topic IN ('triage-decisions', 'dispatch-closings')) = 2
"""
_STATED_PLACES = "SELECT *, min(rowid) FROM stated_places GROUP BY request_id"
_FIRST = f"""
    SELECT d.request_id, d.case_id, d.outcome, d.current, d.dedup_key, d.service_code, d.observed,
           d.reporter_ref, d.findable OR p.request_id IS NOT NULL AS findable,
           coalesce(d.latitude, p.latitude) AS latitude,
           coalesce(d.longitude, p.longitude) AS longitude,
           coalesce(d.address_key, p.address_key) AS address_key, min(d.rowid) AS position
      FROM decided AS d LEFT JOIN ({_STATED_PLACES}) AS p
        ON p.request_id = d.request_id AND d.matches
       AND d.latitude IS NULL AND d.address_key IS NULL
       AND (p.latitude IS NOT NULL OR p.address_key IS NOT NULL)
     GROUP BY d.request_id
"""  # noqa: S608 - made of constants
_SPLITS = """
    SELECT request_id, case_id, to_case, moves, rowid FROM case_events
     WHERE topic = 'dispatch-closings' AND kind = 'request_split'
"""
_FINAL_CASES = f"SELECT request_id, to_case, max(moves) FROM ({_SPLITS}) GROUP BY request_id"  # noqa: S608 - made of constants
_CASE_STATES = """
    SELECT case_id, closed, merged_into, max(version) AS version FROM case_events
     WHERE topic = 'dispatch-closings' AND kind IN ('closed', 'reopened') GROUP BY case_id
"""
_OPENING_REQUESTS = """
    SELECT case_id, opened_by, max(version) FROM case_events
     WHERE topic = 'dispatch-closings' AND opened_by IS NOT NULL GROUP BY case_id
"""
_OPENED = f"""
    SELECT opened_case, known, split_from, request_id, min(position) FROM (
        SELECT case_id AS opened_case, findable AS known, NULL AS split_from, request_id, position
          FROM ({_FIRST}) WHERE outcome IN ('new', 'recurrence', 'possible_duplicate')
         UNION ALL
        SELECT s.to_case, true, s.case_id, s.request_id, d.position FROM ({_SPLITS}) AS s
          JOIN ({_FIRST}) AS d ON d.request_id = s.request_id)
     GROUP BY opened_case
"""  # noqa: S608 - made of constants
_EXPECTED = f"""
    SELECT m.opened_case, m.known, m.split_from, d.* FROM ({_OPENED}) AS m
      LEFT JOIN ({_OPENING_REQUESTS}) AS opening ON opening.case_id = m.opened_case
      JOIN ({_FIRST}) AS d ON d.request_id = coalesce(opening.opened_by, m.request_id)
"""  # noqa: S608 - made of constants
# Kind and place of these are those of the last correction, and not of the decision.
_CORRECTED = """
    SELECT case_id FROM case_events
     WHERE topic = 'dispatch-closings' AND kind IN ('kind_changed', 'place_changed')
"""


def _report(alias: str, moment: str) -> str:
    columns = ("dedup_key", "service_code", moment, "latitude", "longitude")
    keys = ("address_key", "reporter_ref")
    return ", ".join(f"{alias}.{column}" for column in (*columns, *keys))


REPLAY = Invariant(
    "I12",
    "Folding the whole log into a fresh triage gives the state that triage has.",
    (
        ViolationQuery(
            "a request that is decided in the log and unknown to triage",
            f"""
            SELECT d.request_id FROM ({_FIRST}) AS d
             WHERE NOT EXISTS (SELECT 1 FROM triage_decisions AS t
                                WHERE t.request_id = d.request_id)
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a request that triage has decided and that is not in the log",
            f"""
            SELECT t.request_id FROM triage_decisions AS t
             WHERE {_LOG_IS_COMPLETE}
               AND NOT EXISTS (SELECT 1 FROM decided AS d WHERE d.request_id = t.request_id)
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a request whose decision in triage differs from the log",
            f"""
            SELECT d.request_id
              FROM ({_FIRST}) AS d
              LEFT JOIN ({_FINAL_CASES}) AS s ON s.request_id = d.request_id
              JOIN triage_decisions AS t ON t.request_id = d.request_id
             WHERE (d.outcome, coalesce(s.to_case, d.case_id)) IS NOT (t.outcome, t.case_id)
                OR d.current AND coalesce(t.case_id, '') NOT IN ({_CORRECTED})
                   AND ({_report("d", "observed")}) IS NOT ({_report("t", "observed")})
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a case that is opened in the log and unknown to triage",
            f"""
            SELECT k.opened_case FROM ({_EXPECTED}) AS k
             WHERE k.current AND k.known
               AND NOT EXISTS (SELECT 1 FROM triage_cases AS t WHERE t.case_id = k.opened_case)
            """,  # noqa: S608 - made of constants
        ),
        ViolationQuery(
            "a case whose state in triage differs from the log",
            f"""
            SELECT t.case_id
              FROM triage_cases AS t
              LEFT JOIN ({_EXPECTED}) AS k ON k.opened_case = t.case_id
              LEFT JOIN ({_CASE_STATES}) AS state ON state.case_id = t.case_id
             WHERE {_LOG_IS_COMPLETE} AND (
                   k.opened_case IS NULL
                OR k.current AND NOT k.known AND t.case_id NOT IN ({_CORRECTED})
                OR k.request_id <> t.request_id
                OR (state.closed, state.merged_into, coalesce(state.version, 0), k.split_from)
                   IS NOT (t.closed, t.merged_into, t.version, t.split_from)
                OR k.current AND t.case_id NOT IN ({_CORRECTED})
                   AND ({_report("k", "observed")}) IS NOT ({_report("t", "opened")}))
            """,  # noqa: S608 - made of constants
        ),
    ),
)
