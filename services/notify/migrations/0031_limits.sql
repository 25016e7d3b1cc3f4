-- The day of the city on which a message is to be sent, by which messages are counted; rows from
-- before have none. A text message that waited for the end of quiet hours is merged into the next
-- one about the case.
ALTER TABLE deliveries ADD COLUMN day date;
CREATE INDEX deliveries_day ON deliveries (person, day) WHERE day IS NOT NULL;
ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check CHECK (state IN
    ('pending', 'held', 'sending', 'sent', 'failed', 'suppressed', 'merged', 'unknown')) NOT VALID;
