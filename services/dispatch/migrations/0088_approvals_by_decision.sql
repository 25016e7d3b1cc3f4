-- The list of what waits is read with every page of a case.
CREATE INDEX approvals_by_decision ON approvals (decision, approval_id);
