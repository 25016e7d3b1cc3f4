-- Why an address gets no more e-mail. Its key is the person's hash: an e-mail address identifies its
-- person. A nullable column: no row is rewritten, and STOP needs no reason of its own.
ALTER TABLE consents
    ADD COLUMN reason text CHECK (reason IN ('unsubscribed', 'bounced', 'complained'));
