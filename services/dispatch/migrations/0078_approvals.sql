-- Commands that wait, or waited, for the approval of a second person; those of one call share its id.
CREATE TABLE approvals (
    approval_id  uuid        PRIMARY KEY,
    rule         text        NOT NULL,
    actor        text        NOT NULL,
    requested_at timestamptz NOT NULL,
    decision     text        CHECK (decision IN ('approved', 'refused')),
    decided_by   text,
    decided_at   timestamptz
);
CREATE TABLE waiting_commands (
    approval_id uuid   NOT NULL REFERENCES approvals,
    number      bigint GENERATED ALWAYS AS IDENTITY,
    source      text   NOT NULL,
    command     jsonb  NOT NULL,
    PRIMARY KEY (approval_id, number)
);

-- The approval that a command over HTTP waits for, for its repeats.
ALTER TABLE commands ADD COLUMN approval_id uuid;
