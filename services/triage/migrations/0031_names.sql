-- The version before does not know these names, and waits. Tables and columns get the names that
-- the code has. A row of case_state_changes is the latest `CaseStateChange` of its case;
-- opening_version is the version of a case at which it began to stand for another request.
ALTER TABLE turns RENAME TO case_state_changes;
ALTER TABLE cases RENAME COLUMN off_m TO position_error_m;
ALTER TABLE decisions RENAME COLUMN off_m TO position_error_m;
ALTER TABLE cases RENAME COLUMN restated TO opening_version;

ALTER INDEX turns_merged_into RENAME TO case_state_changes_merged_into;
-- The primary key, and from PostgreSQL 18 on the columns that are not null.
DO $$
DECLARE
    named record;
BEGIN
    FOR named IN
        SELECT conrelid::regclass AS of_table, conname AS old,
               replace(replace(regexp_replace(conname, '^turns_', 'case_state_changes_'),
                               '_off_m_', '_position_error_m_'),
                       '_restated_', '_opening_version_') AS new
          FROM pg_constraint
         WHERE conrelid IN ('case_state_changes'::regclass, 'cases'::regclass,
                            'decisions'::regclass)
    LOOP
        IF named.old <> named.new THEN
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', named.of_table, named.old,
                           named.new);
        END IF;
    END LOOP;
END $$;
