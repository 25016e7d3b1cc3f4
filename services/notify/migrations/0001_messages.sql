-- One row per request. The row is what transactions lock that learn something about the request,
-- so that of two that run side by side the later one sees what the earlier one wrote.
CREATE TABLE requests (
    request_id       uuid PRIMARY KEY,
    -- from the contact
    person           text,
    mailbox          text,
    has_phone        boolean,
    wants_email      boolean,
    wants_sms        boolean,
    name             text,
    contact_language text,
    -- from the decision
    tracking_number  text,
    jurisdiction     text,
    service_code     text,
    language         text,
    address          text,
    emergency        boolean,
    agency_name      text,
    agency_phone     text,
    agency_url       text
);

CREATE TABLE memberships (
    about      uuid NOT NULL,
    request_id uuid NOT NULL,
    since      integer,
    until      integer,
    PRIMARY KEY (about, request_id)
);
CREATE INDEX memberships_request_id ON memberships (request_id);

CREATE TABLE announcements (
    about         uuid        NOT NULL,
    version       integer     NOT NULL,
    template      text        NOT NULL,
    priority      text        NOT NULL,
    only_for      uuid,
    cause_id      text        NOT NULL,
    traceparent   text,
    bureau        text,
    note          text,
    reason        text,
    scheduled_for timestamptz,
    PRIMARY KEY (about, version)
);

CREATE TABLE deliveries (
    notification_id uuid        PRIMARY KEY,
    person          text        NOT NULL,
    request_id      uuid        NOT NULL,
    about           uuid        NOT NULL,
    version         integer     NOT NULL,
    channel         text        NOT NULL,
    template        text        NOT NULL,
    language        text        NOT NULL,
    priority        text        NOT NULL,
    state           text        NOT NULL CHECK (state IN
                        ('pending', 'sending', 'sent', 'failed', 'suppressed', 'unknown')),
    reason          text,
    put_off         integer     NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL,
    not_before      timestamptz NOT NULL,
    claimed_by      uuid,
    lease_until     timestamptz,
    UNIQUE (request_id, about, version, channel)
);
-- The promise: a person hears of a version of a case once by each channel.
CREATE UNIQUE INDEX deliveries_once_per_person ON deliveries (person, about, channel, version)
    WHERE state <> 'suppressed';
CREATE INDEX deliveries_pending ON deliveries (priority, not_before, notification_id)
    WHERE state = 'pending';
CREATE INDEX deliveries_sending ON deliveries (lease_until) WHERE state = 'sending';
