-- Pictures of the work, which bureaus add to their updates: the change of the case that each shows.
CREATE TABLE case_media (
    case_id  uuid    NOT NULL,
    version  integer NOT NULL,
    media_id uuid    NOT NULL REFERENCES media,
    PRIMARY KEY (case_id, version, media_id)
);
CREATE INDEX case_media_of ON case_media (media_id);
