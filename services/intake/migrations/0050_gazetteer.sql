-- The places of each city, by the parts of their addresses. A name without a number is a crossing or
-- a named place.
CREATE TABLE gazetteer (
    jurisdiction text             NOT NULL,
    number       text             NOT NULL,
    name         text             NOT NULL,
    directions   text             NOT NULL,
    types        text             NOT NULL,
    latitude     double precision NOT NULL,
    longitude    double precision NOT NULL,
    PRIMARY KEY (jurisdiction, number, name, directions, types)
);
CREATE INDEX gazetteer_names ON gazetteer USING gin (name gin_trgm_ops)
    WHERE number = '' AND name NOT LIKE '%&%';
