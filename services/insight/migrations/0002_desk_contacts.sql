-- One row for each contact of the desk, from the console; no topic has them. Nothing about
-- the person and nothing of what was said is kept.
CREATE TABLE desk_contacts (
    contact_id   uuid PRIMARY KEY,
    jurisdiction text        NOT NULL,
    sent_by      text        NOT NULL,  -- name of the caller's key
    at           timestamptz NOT NULL,
    channel      text        NOT NULL,
    language     text,
    outcome      text        NOT NULL,
    seconds      integer,               -- from the first key to the outcome
    request_id   uuid UNIQUE            -- of a contact that became a request
);
CREATE INDEX desk_contacts_by_time ON desk_contacts (jurisdiction, at);
