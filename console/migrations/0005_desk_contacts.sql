-- How each contact of the desk ended: what insight counts. Nothing about the person.
CREATE TABLE desk_contacts (
    contact_id  uuid        PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT now(),
    channel     text        NOT NULL,
    language    text,
    outcome     text        NOT NULL,
    seconds     integer,  -- from the first key to the outcome
    request_id  uuid
);
CREATE INDEX desk_contacts_in_order ON desk_contacts (at, contact_id);
