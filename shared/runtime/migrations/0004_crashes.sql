-- Constant defaults and nullable columns: no row is rewritten, and each lock is brief.
-- What the owner of a partition has in progress; a mark that is found at a claim tells of a crash.
ALTER TABLE consumer_offset
    ADD COLUMN busy_until bigint,                          -- offset after the last of these records
    ADD COLUMN busy_since timestamptz,
    ADD COLUMN crashes    integer NOT NULL DEFAULT 0,      -- at these records, this try included
    ADD COLUMN held       boolean NOT NULL DEFAULT false;  -- they wait for their last try
ALTER TABLE deferred ADD COLUMN crashes integer NOT NULL DEFAULT 0;
