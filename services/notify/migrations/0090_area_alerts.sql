-- Who gets an e-mail about new problems, of a kind and a district or of all (empty). The address is
-- sealed with the key of its person; who is erased gets no more of them.
CREATE TABLE area_alerts (
    alert_id       uuid        PRIMARY KEY,
    person         text        NOT NULL,
    sealed_mailbox text        NOT NULL,
    jurisdiction   text        NOT NULL,
    service_code   text        NOT NULL,
    district       text        NOT NULL,
    language       text        NOT NULL,
    asked_at       timestamptz NOT NULL,
    told_until     timestamptz,           -- problems reported later are new; NULL until confirmed
    due_at         timestamptz NOT NULL,  -- of the next e-mail, the first of which asks to confirm
    UNIQUE (person, jurisdiction, service_code, district)
);
CREATE INDEX area_alerts_due ON area_alerts (due_at);
