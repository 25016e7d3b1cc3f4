-- One row for each request, from whichever event came first. No contact and no text is kept:
-- `reporter` is a hash that is equal for one person within one dedup group, and null if anonymous.
CREATE TABLE requests (
    request_id   uuid PRIMARY KEY,
    jurisdiction text,
    channel      text,
    language     text,
    kind         text,
    dedup_group  text,
    district     text,
    level        text,
    outcome      text,
    unsure       boolean,
    entered_by   text,
    submitted_at timestamptz,
    reporter     bigint,
    -- the case that it belongs to by its highest number of moves; -1 by the decision, -2 unknown
    case_id      uuid,
    moves        integer NOT NULL DEFAULT -2,
    asked        boolean NOT NULL DEFAULT false,
    answered_at  timestamptz,
    fixed        boolean
);
CREATE INDEX requests_by_time ON requests (jurisdiction, submitted_at);
CREATE INDEX requests_by_case ON requests (case_id) WHERE case_id IS NOT NULL;

-- Every version of every case; `cases` is folded from it, in whatever order versions arrive.
CREATE TABLE case_changes (
    case_id           uuid        NOT NULL,
    version           integer     NOT NULL,
    at                timestamptz NOT NULL,
    what              text        NOT NULL,
    jurisdiction      text        NOT NULL,
    kind              text        NOT NULL,
    dedup_group       text        NOT NULL,
    bureau            text        NOT NULL,
    level             text        NOT NULL,
    status            text        NOT NULL,
    complete_by       timestamptz,
    first_reported_at timestamptz,
    merged            boolean     NOT NULL,
    corrected         boolean     NOT NULL,
    PRIMARY KEY (case_id, version)
);

CREATE TABLE cases (
    case_id         uuid        PRIMARY KEY,
    jurisdiction    text        NOT NULL,
    kind            text        NOT NULL,
    dedup_group     text        NOT NULL,
    bureau          text        NOT NULL,
    level           text        NOT NULL,
    status          text        NOT NULL,
    opened_at       timestamptz NOT NULL,
    acknowledged_at timestamptz,
    ended_at        timestamptz,
    complete_by     timestamptz,
    merged          boolean     NOT NULL,
    was_completed   boolean     NOT NULL,
    reopened        boolean     NOT NULL,
    corrected       boolean     NOT NULL
);
CREATE INDEX cases_by_time ON cases (jurisdiction, opened_at);
