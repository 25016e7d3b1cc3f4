-- Receipts repeat the reporter's words and day. Who has the tracking number by text gets no second
-- text that gives it.
ALTER TABLE requests
    ADD COLUMN words text,
    ADD COLUMN submitted_at timestamptz,
    ADD COLUMN informed_sms boolean NOT NULL DEFAULT false;
