-- What people added to the requests of a case, as its work orders show it: request ids and texts.
ALTER TABLE cases ADD COLUMN notes jsonb NOT NULL DEFAULT '[]';

-- Entries of the history of cases that no other table has.
CREATE TABLE history (
    event_id   text        PRIMARY KEY,
    case_id    uuid        NOT NULL REFERENCES cases,
    request_id uuid,
    at         timestamptz NOT NULL,
    by         text        NOT NULL,  -- resident, bureau:CODE, operator:NAME or system
    what       text        NOT NULL,
    text       text        NOT NULL
);
CREATE INDEX history_by_case ON history (case_id, at);
