-- What a note is read together with, and what the request was worth by then.
ALTER TABLE decisions
    ADD COLUMN stated    text,     -- JSON of the parts of the request that its priority comes from
    ADD COLUMN score     integer,
    ADD COLUMN emergency text;

-- Notes of requests; one that comes before the decision of its request waits for it.
CREATE TABLE notes (
    note_id      uuid    PRIMARY KEY,
    request_id   uuid    NOT NULL,
    event        bytea   NOT NULL,
    is_passed_on boolean NOT NULL DEFAULT false
);
CREATE INDEX notes_by_request ON notes (request_id);
CREATE INDEX notes_waiting ON notes (request_id) WHERE NOT is_passed_on;
