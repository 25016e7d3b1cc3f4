-- Over the batches of the outbox.
CREATE OR REPLACE VIEW contact_rows AS
    SELECT convert_from(key, 'UTF8') AS request_id
      FROM outbox
     WHERE topic = 'intake-contacts' AND value IS NOT NULL;
