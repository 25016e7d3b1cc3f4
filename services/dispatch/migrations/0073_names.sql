-- Columns get the names that the code has; the version before does not know them, and waits. The
-- parts of a request that have no column of their own; an update or command as it was parsed, null
-- where it was malformed; the priority that was known when an operator lowered it.
ALTER TABLE case_requests RENAME COLUMN said TO request;
ALTER TABLE commands RENAME COLUMN said TO parsed;
ALTER TABLE updates RENAME COLUMN said TO parsed;
ALTER TABLE cases RENAME COLUMN operator_knew TO lowered_from;
