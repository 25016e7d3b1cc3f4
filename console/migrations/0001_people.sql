CREATE TABLE people (
    name            text        PRIMARY KEY,
    role            text        NOT NULL
                                CHECK (role IN ('viewer', 'agent', 'dispatcher', 'supervisor', 'admin')),
    password_hash   text        NOT NULL,
    has_first_password boolean  NOT NULL,  -- that somebody else made
    is_active       boolean     NOT NULL DEFAULT true,
    uses_keys       boolean     NOT NULL DEFAULT true,  -- single-letter shortcuts
    created_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
    session_id  uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    token_hash  bytea       NOT NULL UNIQUE,
    name        text        NOT NULL REFERENCES people ON DELETE CASCADE,
    form_token  text        NOT NULL,
    began_at    timestamptz NOT NULL DEFAULT now(),
    seen_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_of ON sessions (name);

CREATE TABLE audit (
    number  bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at      timestamptz NOT NULL DEFAULT now(),
    name    text        NOT NULL,  -- of the person who acted, kept when the account is gone
    action  text        NOT NULL,
    about   text        NOT NULL DEFAULT ''  -- a case, a person, a letter; never a text or a contact
);
CREATE INDEX audit_of ON audit (name, number);
