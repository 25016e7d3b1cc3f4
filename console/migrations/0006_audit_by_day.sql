-- The desk counts what a person did today.
CREATE INDEX audit_by_day ON audit (name, at);
