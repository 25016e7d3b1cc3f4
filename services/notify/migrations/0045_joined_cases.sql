-- What a reporter is told whose request joined a case; null for those that joined before.
ALTER TABLE announcements
    ADD COLUMN request_count     integer,
    ADD COLUMN first_reported_at timestamptz;
