-- How often an answer was changed: one link must not fill a case with notes.
ALTER TABLE feedback ADD COLUMN answers integer NOT NULL DEFAULT 1;
