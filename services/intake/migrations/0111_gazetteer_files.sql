-- The address book of each city, as `route311 gazetteer load` made it. The table `gazetteer` is read
-- only by versions before this one.
CREATE TABLE gazetteer_files (
    jurisdiction text  PRIMARY KEY,
    digest       text  NOT NULL,
    content      bytea NOT NULL
);
