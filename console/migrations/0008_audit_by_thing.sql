-- What was done to a thing, the latest last.
CREATE INDEX audit_by_thing ON audit (about, number);
