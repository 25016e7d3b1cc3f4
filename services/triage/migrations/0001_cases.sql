-- What later reports may be about. A case is found by its cell, its address, or who opened it.
CREATE TABLE cases (
    case_id      uuid        PRIMARY KEY,
    dedup_key    text        NOT NULL,
    service_code text        NOT NULL,
    request_id   uuid        NOT NULL,
    opened_at    timestamptz NOT NULL,
    latitude     double precision,
    longitude    double precision,
    cell         bigint,
    address_key  text,
    reporter_ref text,
    closed_at    timestamptz,
    version      integer     NOT NULL DEFAULT 0
);
CREATE INDEX cases_by_cell ON cases (dedup_key, cell) WHERE cell IS NOT NULL;
CREATE INDEX cases_by_address ON cases (dedup_key, address_key) WHERE address_key IS NOT NULL;
CREATE INDEX cases_by_reporter ON cases (dedup_key, reporter_ref) WHERE reporter_ref IS NOT NULL;

-- Every request that was decided, with what a split needs to make a case of it.
CREATE TABLE decisions (
    request_id   uuid        PRIMARY KEY,
    case_id      uuid,
    outcome      text        NOT NULL,
    dedup_key    text        NOT NULL,
    service_code text        NOT NULL,
    observed_at  timestamptz NOT NULL,
    latitude     double precision,
    longitude    double precision,
    address_key  text,
    reporter_ref text
);
