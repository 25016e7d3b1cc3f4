-- Pictures of text messages that are not fetched yet; a row goes with its picture.
CREATE TABLE sms_pictures (
    identity     bytea       NOT NULL,  -- of source and MessageSid
    position     integer     NOT NULL,  -- in the message
    url          text        NOT NULL,
    person       text        NOT NULL,  -- keyed hash of the number
    jurisdiction text        NOT NULL,
    tracking_number text,               -- null while the report waits for an answer
    by_reporter  boolean     NOT NULL,
    language     text,
    received_at  timestamptz NOT NULL,
    fetch_at     timestamptz NOT NULL,
    tries        integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (identity, position)
);
CREATE INDEX sms_pictures_due ON sms_pictures (fetch_at) WHERE tracking_number IS NOT NULL;
CREATE INDEX sms_pictures_of ON sms_pictures (person, jurisdiction) WHERE tracking_number IS NULL;
CREATE INDEX sms_pictures_old ON sms_pictures (received_at);

-- By when the city means to solve a case, as its newest event says; null for older ones.
ALTER TABLE cases ADD COLUMN complete_by timestamptz;
