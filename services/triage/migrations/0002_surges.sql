-- Surges that triage was told of; one that goes on has no end yet.
CREATE TABLE surges (
    surge_id  uuid             PRIMARY KEY,
    dedup_key text             NOT NULL,
    district  text             NOT NULL,
    since     timestamptz      NOT NULL,
    until     timestamptz,
    count     integer          NOT NULL,
    expected  double precision NOT NULL
);
CREATE INDEX surges_by_key ON surges (dedup_key, since);
