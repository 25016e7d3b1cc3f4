-- Cases by place, for a caller who asks what is open near by. The exact point is never shown.
CREATE TABLE cases (
    case_id           uuid    PRIMARY KEY,
    version           integer NOT NULL,
    jurisdiction      text    NOT NULL,
    dedup_group       text    NOT NULL,
    service_code      text    NOT NULL,
    status            text    NOT NULL,
    request_count     integer NOT NULL,
    first_reported_at timestamptz,
    latitude          double precision,  -- of the request that opened it
    longitude         double precision
);
CREATE INDEX cases_open ON cases (dedup_group, latitude, longitude)
 WHERE status NOT IN ('completed', 'declined', 'referred') AND latitude IS NOT NULL;
