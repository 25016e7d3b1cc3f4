-- People who log in at the city's own provider have no password.
ALTER TABLE people ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE people ADD COLUMN oidc_subject text UNIQUE;  -- issuer, space, `sub`

-- When the person proved who they are: at the log-in, or at the provider before it.
ALTER TABLE sessions ADD COLUMN proved_at timestamptz NOT NULL DEFAULT now();
