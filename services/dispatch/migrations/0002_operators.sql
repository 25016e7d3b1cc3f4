-- Which case has the requests of this one now, and what the operator knew who lowered it.
ALTER TABLE cases
    ADD COLUMN merged_into   uuid,
    ADD COLUMN operator_knew jsonb;
CREATE INDEX cases_merged ON cases (case_id) WHERE merged_into IS NOT NULL;

-- What a request says, so that it can have a case of its own, and how often operators moved it.
ALTER TABLE case_requests
    ADD COLUMN said  jsonb,
    ADD COLUMN moves integer NOT NULL DEFAULT 0;
CREATE INDEX case_requests_case_id ON case_requests (case_id);

-- What operators ordered, as it came. The digest is over source and command_id.
CREATE TABLE commands (
    digest     bytea       PRIMARY KEY,
    source     text        NOT NULL,
    command_id text        NOT NULL,
    said       jsonb,
    refused_as text,
    taken_at   timestamptz NOT NULL DEFAULT now()
);
