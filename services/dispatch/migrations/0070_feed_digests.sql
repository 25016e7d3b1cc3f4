-- What the operations role may know of an event of a feed: its digest, not its bytes.
CREATE VIEW bureau_event_digests AS
    SELECT bureau, seq, event_id, work_order_id, sha256(payload) AS digest FROM bureau_events;

-- An enabled webhook gets every event with a higher number; null where that was not noted.
ALTER TABLE webhooks ADD COLUMN begins_after bigint;
