-- What the operations role may know of a message: its digest, not its bytes.
CREATE VIEW outbox_digests AS
    SELECT seq, event_id, topic, sha256(value) AS digest, published, created_at FROM outbox;
