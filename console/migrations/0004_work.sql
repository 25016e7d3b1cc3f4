ALTER TABLE sessions
    ADD COLUMN undo jsonb,  -- the command that takes the last one back
    ADD COLUMN undo_at timestamptz;
ALTER TABLE people
    ADD COLUMN letters jsonb NOT NULL DEFAULT '{}',  -- own keys by action; an empty one is off
    ADD COLUMN team text NOT NULL DEFAULT '';  -- code of a bureau

CREATE TABLE views (
    name   text NOT NULL REFERENCES people ON DELETE CASCADE,
    label  text NOT NULL,
    query  text NOT NULL,  -- filters of the queue, as in its URL
    PRIMARY KEY (name, label)
);

CREATE TABLE presence (
    case_id     uuid        NOT NULL,
    session_id  uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
    seen_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (case_id, session_id)
);
