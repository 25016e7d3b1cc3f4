-- Priority of the request whose words are the summary of the case, as `case_requests.said` has it;
-- null for a case from before, whose own priority counts.
ALTER TABLE cases ADD COLUMN summary_priority jsonb;
