-- Pictures; their bytes lie in a folder under the same id. A row is written after its file and
-- stays after the erasure, so that the answer is 410 and no repeat of the id is possible.
CREATE TABLE media (
    media_id    uuid        PRIMARY KEY,  -- 128 random bits
    uploaded_by text        NOT NULL,
    uploaded_at timestamptz NOT NULL,
    media_type  text        NOT NULL,
    width       integer     NOT NULL,
    height      integer     NOT NULL,
    bytes       integer     NOT NULL,
    attached    boolean     NOT NULL DEFAULT false,  -- a request shows it
    released_by text,                     -- the operator who lets the public see it
    erased_at   timestamptz,
    deleted     boolean     NOT NULL DEFAULT false  -- the file of an erased picture is gone
);
CREATE INDEX media_unused ON media (uploaded_at) WHERE erased_at IS NULL AND NOT attached;
CREATE INDEX media_attached ON media (uploaded_at) WHERE erased_at IS NULL AND attached;
CREATE INDEX media_to_delete ON media (erased_at) WHERE erased_at IS NOT NULL AND NOT deleted;

-- The requests that show a picture: with one of them it is erased.
CREATE TABLE request_media (
    request_id uuid NOT NULL,
    media_id   uuid NOT NULL REFERENCES media,
    PRIMARY KEY (request_id, media_id)
);
CREATE INDEX request_media_of ON request_media (media_id);
