-- The id by which Open311 and open data name a request. Those from before get theirs when they are
-- first shown, so that no million rows are written, and locked, at once.
ALTER TABLE requests ADD COLUMN public_id text;
CREATE UNIQUE INDEX requests_public_id ON requests (public_id) WHERE public_id IS NOT NULL;
