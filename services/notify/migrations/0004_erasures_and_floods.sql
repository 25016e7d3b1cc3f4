-- Constant defaults and nullable columns: no row is rewritten, and each lock is brief.
ALTER TABLE requests
    ADD COLUMN erased    boolean NOT NULL DEFAULT false,  -- for ever: the contact never comes back
    ADD COLUMN named_at  timestamptz,                     -- when intake took the contact
    ADD COLUMN flood_key text,                            -- keyed hash of the address without its tag
    ADD COLUMN flooded   boolean NOT NULL DEFAULT false;  -- too many requests name the contact
CREATE INDEX requests_flood ON requests (flood_key, named_at) WHERE flood_key IS NOT NULL;

ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check CHECK (state IN
    ('pending', 'held', 'sending', 'sent', 'failed', 'suppressed', 'unknown')) NOT VALID;
CREATE INDEX deliveries_held ON deliveries (request_id) WHERE state = 'held';
