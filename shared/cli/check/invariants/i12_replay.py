"""I12: the log alone gives triage's state."""

from shared.cli.check.invariants.invariant import Clause, Invariant

_WHOLE = """
    (SELECT count(*) FROM whole WHERE topic IN ('triage-decisions', 'dispatch-closings')) = 2
"""
_FIRST = "SELECT *, min(rowid) AS place FROM decided GROUP BY request_id"
_SPLITS = """
    SELECT request_id, to_case, max(rowid) FROM case_events
     WHERE topic = 'dispatch-closings' AND kind = 'request_split' GROUP BY request_id
"""
_TURNS = """
    SELECT case_id, closed, max(version) AS version FROM case_events
     WHERE topic = 'dispatch-closings' AND kind IN ('closed', 'reopened') GROUP BY case_id
"""
_KNOWN = f"""
    SELECT *, min(place) FROM (
        SELECT case_id AS made, findable AS known, d.* FROM ({_FIRST}) AS d
         WHERE outcome IN ('new', 'recurrence', 'possible_duplicate')
         UNION ALL
        SELECT s.to_case AS made, true AS known, d.* FROM ({_SPLITS}) AS s
          JOIN ({_FIRST}) AS d ON d.request_id = s.request_id)
     GROUP BY made
"""  # noqa: S608 - made of constants


def _report(alias: str, moment: str) -> str:
    columns = ("dedup_key", "service_code", moment, "latitude", "longitude")
    marks = ("address_key", "reporter_ref")
    return ", ".join(f"{alias}.{column}" for column in (*columns, *marks))


REPLAY = Invariant(
    "I12",
    "Folding the whole log into a fresh triage gives the state that triage has.",
    (
        Clause(
            "a request that the log decides and that triage does not know",
            f"""
            SELECT d.request_id FROM ({_FIRST}) AS d
             WHERE NOT EXISTS (SELECT 1 FROM triage_decisions AS t
                                WHERE t.request_id = d.request_id)
            """,  # noqa: S608 - made of constants
        ),
        Clause(
            "a request that triage has decided and the log does not know",
            f"""
            SELECT t.request_id FROM triage_decisions AS t
             WHERE {_WHOLE}
               AND NOT EXISTS (SELECT 1 FROM decided AS d WHERE d.request_id = t.request_id)
            """,  # noqa: S608 - made of constants
        ),
        Clause(
            "a request that triage has decided otherwise than the log",
            f"""
            SELECT d.request_id
              FROM ({_FIRST}) AS d
              LEFT JOIN ({_SPLITS}) AS s ON s.request_id = d.request_id
              JOIN triage_decisions AS t ON t.request_id = d.request_id
             WHERE (d.outcome, coalesce(s.to_case, d.case_id)) IS NOT (t.outcome, t.case_id)
                OR d.current AND ({_report("d", "observed")}) IS NOT ({_report("t", "observed")})
            """,  # noqa: S608 - made of constants
        ),
        Clause(
            "a case that the log opens and that triage does not know",
            f"""
            SELECT k.made FROM ({_KNOWN}) AS k
             WHERE k.current AND k.known
               AND NOT EXISTS (SELECT 1 FROM triage_cases AS t WHERE t.case_id = k.made)
            """,  # noqa: S608 - made of constants
        ),
        Clause(
            "a case that triage knows otherwise than the log",
            f"""
            SELECT t.case_id
              FROM triage_cases AS t
              LEFT JOIN ({_KNOWN}) AS k ON k.made = t.case_id
              LEFT JOIN ({_TURNS}) AS turn ON turn.case_id = t.case_id
             WHERE {_WHOLE} AND (
                   k.made IS NULL
                OR k.current AND NOT k.known
                OR k.request_id <> t.request_id
                OR (turn.closed, coalesce(turn.version, 0)) IS NOT (t.closed, t.version)
                OR k.current AND ({_report("k", "observed")}) IS NOT ({_report("t", "opened")}))
            """,  # noqa: S608 - made of constants
        ),
    ),
)
