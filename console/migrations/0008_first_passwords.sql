-- When a password that somebody else made ends, unless its owner has replaced it.
ALTER TABLE people
    ADD COLUMN first_password_until timestamptz NOT NULL DEFAULT now() + interval '3 days';
