-- Reports on the residents' pages between their steps, and for a day the receipts of those sent.
CREATE TABLE report_drafts (
    draft_id        uuid        PRIMARY KEY,
    state           text        NOT NULL,  -- sealed, with contact data
    tracking_number text,                  -- once it is sent
    saved_at        timestamptz NOT NULL
);
CREATE INDEX report_drafts_old ON report_drafts (saved_at);
CREATE INDEX report_drafts_sent ON report_drafts (tracking_number)
    WHERE tracking_number IS NOT NULL;
