-- What lists of requests show and filter by, of public kinds alone: a request of a private kind has
-- no row. Requests from before this table are not listed.
CREATE TABLE listed_requests (
    request_id   uuid             NOT NULL PRIMARY KEY,
    jurisdiction text             NOT NULL,
    service_code text             NOT NULL,
    submitted_at timestamptz      NOT NULL,
    updated_at   timestamptz      NOT NULL,
    is_open      boolean          NOT NULL DEFAULT true,
    latitude     double precision,
    longitude    double precision,
    cell         integer          GENERATED ALWAYS AS  -- of a grid of a twentieth of a degree
        (floor(latitude * 20)::integer * 7200 + floor(longitude * 20)::integer) STORED,
    case_id      uuid,
    description  text             NOT NULL             -- redacted; empty once it is erased
) WITH (fillfactor = 80);

-- Each list reads one of these in its own order, once for open and once for closed requests.
CREATE INDEX listed_requests_by_time ON listed_requests
    (jurisdiction, is_open, submitted_at, request_id) INCLUDE (service_code, latitude, longitude);
CREATE INDEX listed_requests_by_kind ON listed_requests
    (jurisdiction, service_code, is_open, submitted_at, request_id);
CREATE INDEX listed_requests_by_place ON listed_requests
    (jurisdiction, cell, is_open, submitted_at, request_id)
    INCLUDE (service_code, latitude, longitude);
CREATE INDEX listed_requests_by_update ON listed_requests
    (jurisdiction, is_open, updated_at, request_id) INCLUDE (service_code, latitude, longitude);
CREATE INDEX listed_requests_by_place_and_update ON listed_requests
    (jurisdiction, cell, is_open, updated_at, request_id)
    INCLUDE (service_code, latitude, longitude);
CREATE INDEX listed_requests_by_case ON listed_requests (case_id);

-- When each version of the list of kinds was first asked for.
CREATE TABLE service_list_versions (
    digest   text        NOT NULL PRIMARY KEY,
    since    timestamptz NOT NULL DEFAULT now()
);
