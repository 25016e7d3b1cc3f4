-- Who reported a case.
CREATE INDEX decisions_by_case ON decisions (case_id, reporter_ref) WHERE case_id IS NOT NULL;
