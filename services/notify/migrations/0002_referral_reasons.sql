-- Why somebody outside the city must act, as a code of the catalogue.
ALTER TABLE requests ADD COLUMN agency_reason text;
