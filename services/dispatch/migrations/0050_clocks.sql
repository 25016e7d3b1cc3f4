-- Clocks of work orders: moments of the warnings, the start of a wait, and the reminders that were
-- sent, by their names. The next reminder is found by its index, however many clocks run. An older
-- version that writes beside this one leaves the default, and the next look sets it right.
ALTER TABLE work_orders
    ADD COLUMN acknowledge_soon timestamptz,
    ADD COLUMN complete_soon    timestamptz,
    ADD COLUMN waiting_since    timestamptz,
    ADD COLUMN reminded         text NOT NULL DEFAULT '',
    ADD COLUMN next_reminder_at timestamptz;
UPDATE work_orders
   SET waiting_since = CASE status WHEN 'waiting_for_resident' THEN now() END,
       next_reminder_at = now()
 WHERE status NOT IN ('completed', 'declined', 'transferred', 'withdrawn');
ALTER TABLE work_orders ALTER COLUMN next_reminder_at SET DEFAULT now();
CREATE INDEX work_orders_next_reminder ON work_orders (next_reminder_at)
 WHERE next_reminder_at IS NOT NULL;
