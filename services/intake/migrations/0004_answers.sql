-- What answers a request that needs no work, as a code of the catalogue.
ALTER TABLE requests ADD COLUMN answer text;
