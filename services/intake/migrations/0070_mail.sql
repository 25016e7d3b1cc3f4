-- The reporter's pseudonym: whether a later note is by the same person. Null for earlier requests.
ALTER TABLE requests ADD COLUMN reporter_ref text;

-- Every message that came by e-mail, so that a repeat changes nothing.
CREATE TABLE mail_messages (
    identity    bytea       PRIMARY KEY,  -- of source and Message-ID
    digest      bytea       NOT NULL,     -- of what its author sent
    received_at timestamptz NOT NULL
);
CREATE INDEX mail_messages_old ON mail_messages (received_at);

-- Questions by e-mail and what became of them. The address is kept only while the report waits for
-- the answer, or the question to be sent.
CREATE TABLE mail_conversations (
    token        text        PRIMARY KEY,  -- in the address that the answer goes to
    jurisdiction text        NOT NULL,
    person       text        NOT NULL,     -- keyed hash of the address
    address      text,
    message_id   text        NOT NULL,     -- of the message that is answered
    state        jsonb       NOT NULL,
    asked_at     timestamptz NOT NULL,
    due_at       timestamptz,              -- when the report goes on as it is
    sending      text        NOT NULL CHECK (sending IN
                     ('pending', 'sending', 'sent', 'refused', 'unknown', 'dropped')),
    send_at      timestamptz NOT NULL
);
CREATE INDEX mail_conversations_due ON mail_conversations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_conversations_to_send ON mail_conversations (send_at)
    WHERE sending IN ('pending', 'sending');
CREATE INDEX mail_conversations_of ON mail_conversations (person, asked_at);
