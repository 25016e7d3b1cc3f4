CREATE TABLE passkeys (
    credential_id  bytea       PRIMARY KEY,
    name           text        NOT NULL REFERENCES people ON DELETE CASCADE,
    public_key     bytea       NOT NULL,
    uses           bigint      NOT NULL,  -- the authenticator's own counter
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX passkeys_of ON passkeys (name);
