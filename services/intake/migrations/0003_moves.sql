-- How often operators have moved the request to another case.
ALTER TABLE requests ADD COLUMN moves integer NOT NULL DEFAULT 0;
