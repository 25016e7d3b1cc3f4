ALTER TABLE forwards ADD COLUMN traceparent text;  -- of the event that it was taken from
