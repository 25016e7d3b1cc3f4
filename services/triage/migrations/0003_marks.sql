-- What beside place, time and kind tells one problem from another: how far off the point may be,
-- the rare words of the description and the plate or number of the thing.
ALTER TABLE cases
    ADD COLUMN off_m double precision NOT NULL DEFAULT 0,
    ADD COLUMN words text NOT NULL DEFAULT '',
    ADD COLUMN asset text;
ALTER TABLE decisions
    ADD COLUMN off_m double precision NOT NULL DEFAULT 0,
    ADD COLUMN words text NOT NULL DEFAULT '',
    ADD COLUMN asset text;
