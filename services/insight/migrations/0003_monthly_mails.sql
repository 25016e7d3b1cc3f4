-- The state of each monthly report by mail: `sending`, `waiting` for another try, or its end.
CREATE TABLE monthly_mails (
    jurisdiction text        NOT NULL,
    month        date        NOT NULL,
    mailbox      bytea       NOT NULL,  -- SHA-256 of the address, which the catalogue has
    state        text        NOT NULL,
    due_at       timestamptz NOT NULL,  -- end of the lease, or of the wait
    PRIMARY KEY (jurisdiction, month, mailbox)
);
