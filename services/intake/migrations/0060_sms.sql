-- Conversations by text message. The number itself is kept only while a report waits for an answer.
CREATE TABLE sms_conversations (
    person       text        NOT NULL,  -- keyed hash of the number
    jurisdiction text        NOT NULL,
    number       text,
    state        jsonb       NOT NULL,
    due_at       timestamptz,           -- when the report goes on as it is
    updated_at   timestamptz NOT NULL,
    is_silent    boolean     NOT NULL,  -- after STOP; kept until START
    PRIMARY KEY (person, jurisdiction)
);
CREATE INDEX sms_conversations_due ON sms_conversations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX sms_conversations_old ON sms_conversations (updated_at)
    WHERE due_at IS NULL AND NOT is_silent;

-- The answer that each MessageSid got.
CREATE TABLE sms_answers (
    identity    bytea       PRIMARY KEY,  -- of source and MessageSid
    answer      text,                     -- null for none
    answered_at timestamptz NOT NULL
);
CREATE INDEX sms_answers_old ON sms_answers (answered_at);
