-- Dead letters with the contact of a person who was erased, which are neither shown nor replayed.
-- `route311 erase` writes the same list into each service that replays some.
CREATE TABLE erased_records (
    content   bytea       PRIMARY KEY,  -- digest of topic, key, value and headers
    erased_at timestamptz NOT NULL DEFAULT now()
);
