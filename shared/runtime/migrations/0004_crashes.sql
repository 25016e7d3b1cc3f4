-- Constant defaults and nullable columns: no row is rewritten, and each lock is brief.
-- What the owner of a partition has in hand; a mark that is found at a claim tells of a crash.
ALTER TABLE consumer_offset
    ADD COLUMN in_hand_until bigint,                          -- offset after the last record in hand
    ADD COLUMN in_hand_since timestamptz,
    ADD COLUMN crashes       integer NOT NULL DEFAULT 0,      -- of these records, this try included
    ADD COLUMN held          boolean NOT NULL DEFAULT false;  -- nothing is in hand: the last try waits
ALTER TABLE deferred ADD COLUMN crashes integer NOT NULL DEFAULT 0;
