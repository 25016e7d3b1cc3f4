-- What staff did with a case: when somebody acknowledged it first since it is open, who works on it,
-- until when it is out of the queue, and the status of the lead's work order before a question to
-- residents. Cases and requests from before have none of it.
ALTER TABLE cases
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN assignee        text,
    ADD COLUMN held_until      timestamptz,
    ADD COLUMN asked_from      text;

-- Primary subtag of the request's language, and the channel by which it came.
ALTER TABLE case_requests
    ADD COLUMN language text,
    ADD COLUMN channel  text;

-- Each order of the list has an index; most lists are of open cases, which are few among all. By
-- urgency first comes what nobody has acknowledged. The counts of open cases read the index alone.
CREATE INDEX cases_by_urgency ON cases (
    level, (status <> 'open' OR acknowledged_at IS NOT NULL), coalesce(overdue_at, 'infinity'),
    case_id
);
CREATE INDEX cases_by_due ON cases (coalesce(overdue_at, 'infinity'), case_id);
CREATE INDEX cases_open_by_urgency ON cases (
    level, (status <> 'open' OR acknowledged_at IS NOT NULL), coalesce(overdue_at, 'infinity'),
    case_id
) WHERE closed_at IS NULL;
CREATE INDEX cases_open_by_due ON cases (coalesce(overdue_at, 'infinity'), case_id)
    WHERE closed_at IS NULL;
CREATE INDEX cases_open ON cases (case_id) INCLUDE (level, status, held_until)
    WHERE closed_at IS NULL;

-- Each filter has one, too.
CREATE INDEX cases_by_assignee ON cases (assignee, case_id) WHERE assignee IS NOT NULL;
CREATE INDEX cases_by_hold ON cases (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX cases_by_first_report ON cases (first_reported_at);
CREATE INDEX cases_unsure ON cases (case_id) WHERE problem ->> 'unsure' = 'true';
CREATE INDEX case_requests_by_language ON case_requests (language, case_id)
    WHERE language IS NOT NULL;
CREATE INDEX case_requests_by_channel ON case_requests (channel, case_id)
    WHERE channel IS NOT NULL;
