-- Second person of an order to close the cases of a surge, where it needed one.
ALTER TABLE surge_closings ADD COLUMN approved_by text;
