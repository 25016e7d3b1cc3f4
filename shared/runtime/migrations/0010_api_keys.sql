-- Nullable columns: no row is rewritten. The age of keys that were made before is unknown.
ALTER TABLE api_keys
    ADD COLUMN created_at   timestamptz,
    ADD COLUMN last_used_at timestamptz,  -- exact to the hour
    ADD COLUMN expires_at   timestamptz,
    ADD COLUMN revoked_at   timestamptz;
ALTER TABLE api_keys ALTER COLUMN created_at SET DEFAULT now();
