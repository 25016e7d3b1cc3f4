-- Operators list the messages that need them, by state. Ids of deliveries are UUIDv7, so their order
-- is that of the list; messages on their way and sent ones are not in it.
CREATE INDEX deliveries_by_state ON deliveries (state, notification_id)
    WHERE state IN ('held', 'unknown', 'failed', 'suppressed');
