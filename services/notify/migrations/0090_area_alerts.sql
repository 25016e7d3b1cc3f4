-- Who gets an e-mail about new problems, of a kind and a district or of all (empty). The address is
-- sealed with the key of its person.
CREATE TABLE area_alerts (
    alert_id       uuid        PRIMARY KEY,
    person         text        NOT NULL,
    inbox          text        NOT NULL,  -- keyed hash of the address without its +tag, for limits
    sealed_mailbox text        NOT NULL,
    jurisdiction   text        NOT NULL,
    service_code   text        NOT NULL,
    district       text        NOT NULL,
    language       text        NOT NULL,
    asked_at       timestamptz NOT NULL,
    questions      integer     NOT NULL DEFAULT 1,
    told_until     timestamptz,           -- problems reported later are new; NULL until confirmed
    due_at         timestamptz NOT NULL,  -- of the next e-mail, the first of which is the question
    mail_id        uuid        UNIQUE,    -- of the last e-mail, which a bounce names
    refusals       integer     NOT NULL DEFAULT 0,  -- in a row, by the mail server
    UNIQUE (person, jurisdiction, service_code, district)
);
CREATE INDEX area_alerts_due ON area_alerts (due_at);
CREATE INDEX area_alerts_inbox ON area_alerts (inbox) WHERE told_until IS NULL;
