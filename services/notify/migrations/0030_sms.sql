-- Text messages. Nullable columns: no row is rewritten. Instances from before write has_phone, which
-- nobody reads any more.
ALTER TABLE requests
    ADD COLUMN phone     text,
    ADD COLUMN phone_ref text;  -- keyed hash of the phone, by which a consent names it

-- What people said last about messages by a channel; it outlives their contacts.
CREATE TABLE consents (
    contact   text        NOT NULL,
    channel   text        NOT NULL,
    opted_out boolean     NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (contact, channel)
);

ALTER TABLE deliveries ADD COLUMN provider_id text;
CREATE INDEX deliveries_provider_id ON deliveries (provider_id) WHERE channel = 'sms';

-- Each channel has a worker of its own.
DROP INDEX deliveries_pending;
CREATE INDEX deliveries_pending ON deliveries (channel, priority, not_before, notification_id)
    WHERE state = 'pending';

CREATE OR REPLACE VIEW contact_presence AS
    SELECT request_id, mailbox IS NOT NULL OR phone IS NOT NULL OR name IS NOT NULL AS has_contact
      FROM requests;
