-- Surges that triage announced; one that goes on has no end yet.
CREATE TABLE surges (
    surge_id     uuid             PRIMARY KEY,
    number       bigint           GENERATED ALWAYS AS IDENTITY UNIQUE,  -- in the order of arrival
    jurisdiction text             NOT NULL,
    dedup_group  text             NOT NULL,
    district     text             NOT NULL,
    started_at   timestamptz      NOT NULL,
    ended_at     timestamptz,
    report_count integer          NOT NULL,
    expected     double precision NOT NULL
);

CREATE INDEX cases_by_group ON cases (jurisdiction, dedup_group, first_reported_at);

-- The cases of each surge: of its city, group and district, and first reported while it lasted. As
-- in triage, one without an end lasts 25 hours, in case the watcher of surges stopped.
CREATE VIEW surge_cases AS
SELECT surge_id, case_id, cases.status
  FROM surges JOIN cases USING (jurisdiction, dedup_group)
 WHERE first_reported_at >= started_at
   AND first_reported_at < coalesce(ended_at, started_at + interval '25 hours')
   AND district = CASE WHEN problem #>> '{location,precision}' IN ('default', 'none') THEN 'unknown'
                       ELSE coalesce(nullif(problem #>> '{location,district}', ''), 'unknown') END;

-- Orders to close the open cases of a surge, and the cases that are still to be closed.
CREATE TABLE surge_closings (
    closing_id uuid        PRIMARY KEY,
    surge_id   uuid        NOT NULL REFERENCES surges,
    source     text        NOT NULL,
    actor      text        NOT NULL,
    reason     text        NOT NULL,
    note       text,
    status     text        NOT NULL,
    given_at   timestamptz NOT NULL
);
CREATE TABLE surge_closing_cases (
    case_id    uuid PRIMARY KEY,
    closing_id uuid NOT NULL REFERENCES surge_closings
);
CREATE INDEX surge_closing_cases_closing_id ON surge_closing_cases (closing_id);
