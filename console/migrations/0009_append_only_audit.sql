-- Whoever migrates owns the audit, so that the console reads it and adds to it, and nothing else.
RESET ROLE;
ALTER TABLE console.audit OWNER TO CURRENT_USER;
GRANT SELECT, INSERT ON console.audit TO route311_console;
SET LOCAL ROLE route311_console;
