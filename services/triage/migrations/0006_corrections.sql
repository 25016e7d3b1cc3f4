-- What operators corrected. A split case stays apart from the one that it was split from; a merged
-- one is found where it was, and leads to the one that it was merged into. "restated" is the version
-- of the case at which it began to stand for another request.
ALTER TABLE cases
    ADD COLUMN merged_into uuid,
    ADD COLUMN split_from  uuid,
    ADD COLUMN restated    integer NOT NULL DEFAULT 0;

ALTER TABLE decisions ADD COLUMN moves integer NOT NULL DEFAULT 0;

-- Every case that ended, was merged or was reopened, whether it was known by then or not.
CREATE TABLE turns (
    case_id     uuid    PRIMARY KEY,
    version     integer NOT NULL,
    closed_at   timestamptz,
    merged_into uuid
);
INSERT INTO turns (case_id, version, closed_at)
SELECT case_id, version, closed_at FROM cases WHERE version > 0;

-- Every split, whether its request was decided by then or not.
CREATE TABLE splits (
    request_id uuid    NOT NULL,
    moves      integer NOT NULL,
    from_case  uuid    NOT NULL,
    to_case    uuid    NOT NULL,
    version    integer NOT NULL,
    opened_by  uuid,
    PRIMARY KEY (request_id, moves)
);
CREATE INDEX splits_opened_by ON splits (opened_by) WHERE opened_by IS NOT NULL;
