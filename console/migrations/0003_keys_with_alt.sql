ALTER TABLE people ADD COLUMN keys_with_alt boolean NOT NULL DEFAULT false;  -- shortcuts need the Alt key
