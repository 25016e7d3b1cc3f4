-- Tables and columns get the names that the code has; the version before does not know them, and
-- waits. A row of triggers is a `Trigger`, a change that triggers messages; subject_id is its case,
-- or the request that it is about alone.
ALTER TABLE announcements RENAME TO triggers;
ALTER TABLE triggers RENAME COLUMN about TO subject_id;
ALTER TABLE memberships RENAME COLUMN about TO subject_id;
ALTER TABLE deliveries RENAME COLUMN about TO subject_id;
ALTER TABLE deliveries RENAME COLUMN put_off TO deferrals;
ALTER TABLE requests RENAME COLUMN named_at TO contact_received_at;

-- Keys, and from PostgreSQL 18 on the columns that are not null.
DO $$
DECLARE
    named record;
BEGIN
    FOR named IN
        SELECT conrelid::regclass AS of_table, conname AS old,
               replace(replace(regexp_replace(conname, '^announcements_', 'triggers_'),
                               '_about_', '_subject_id_'),
                       '_put_off_', '_deferrals_') AS new
          FROM pg_constraint
         WHERE conrelid IN ('triggers'::regclass, 'memberships'::regclass, 'deliveries'::regclass)
    LOOP
        IF named.old <> named.new THEN
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', named.of_table, named.old,
                           named.new);
        END IF;
    END LOOP;
END $$;
