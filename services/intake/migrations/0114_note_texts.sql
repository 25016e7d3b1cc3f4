-- Words that were added to requests, redacted, as the holder of a tracking number reads them.
CREATE TABLE note_texts (
    note_id     uuid        PRIMARY KEY,
    request_id  uuid        NOT NULL,
    text        text        NOT NULL,
    by_reporter boolean     NOT NULL,
    added_at    timestamptz NOT NULL
);
CREATE INDEX note_texts_of_request ON note_texts (request_id, added_at);
