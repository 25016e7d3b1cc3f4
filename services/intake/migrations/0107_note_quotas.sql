-- What a note counts for, where notes are limited: those from the residents' pages are, a day.
ALTER TABLE notes ADD COLUMN quota text;
CREATE INDEX notes_of_quota ON notes (quota, added_at) WHERE quota IS NOT NULL;
