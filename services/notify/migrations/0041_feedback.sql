-- Answers to "Is it fixed?" by the link in a message; the words themselves are not kept.
CREATE TABLE feedback (
    notification_id uuid        PRIMARY KEY,  -- the message that asked
    digest          bytea       NOT NULL,  -- of the answer: the same one again changes nothing
    answered_at     timestamptz NOT NULL
);
