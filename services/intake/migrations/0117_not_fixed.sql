-- A reopening because a resident said that it is not fixed; false for earlier ones, too.
ALTER TABLE case_steps ADD COLUMN not_fixed boolean NOT NULL DEFAULT false;
