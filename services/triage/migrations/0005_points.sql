-- What else was reported at exactly a point: one of many unrelated problems is no place. The cases
-- of a place are read newest first, so that a crowded one costs no more than others.
ALTER TABLE cases ADD COLUMN is_placed boolean NOT NULL DEFAULT true;
ALTER TABLE decisions ADD COLUMN is_placed boolean NOT NULL DEFAULT true;
CREATE INDEX cases_by_point ON cases (latitude, longitude, opened_at) WHERE latitude IS NOT NULL;
CREATE INDEX cases_by_place ON cases (dedup_key, cell, opened_at) WHERE cell IS NOT NULL;
DROP INDEX cases_by_cell;
