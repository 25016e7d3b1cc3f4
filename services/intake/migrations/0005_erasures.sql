-- Constant defaults: no row is rewritten, and each lock is brief.
-- Whether intake-contacts has the contact of the request: none, given or erased. Of requests from
-- before this column it is not known, and they count as given.
ALTER TABLE requests ADD COLUMN contact text NOT NULL DEFAULT 'given';
CREATE INDEX requests_with_contact ON requests (submitted_at, request_id) WHERE contact = 'given';

-- The bytes of a rejected submission were erased; its receipt stays for repeats.
ALTER TABLE submissions ADD COLUMN erased boolean NOT NULL DEFAULT false;

-- Dead letters with the contact of a person who was erased. Kafka cannot delete one record, so they
-- stay until the retention of their topic, and are neither shown nor replayed.
CREATE TABLE erased_records (
    content   bytea       PRIMARY KEY,  -- digest of topic, key, value and headers
    erased_at timestamptz NOT NULL DEFAULT now()
);

-- Which requests have their contact in the outbox, for who may not read it.
CREATE VIEW contact_rows AS
    SELECT convert_from(key, 'UTF8') AS request_id
      FROM outbox
     WHERE topic = 'intake-contacts' AND value IS NOT NULL;
