-- The whole history of a case, in the order of its numbers. `event_id` is the event that led to an
-- entry, where the entry is what tells a repeat; `case_event` is its event on dispatch-cases, if any.
-- `note` are the words of who is named in `by`. Entries are written with their case.
ALTER TABLE history
    DROP CONSTRAINT history_pkey,
    DROP CONSTRAINT history_case_id_fkey,
    ALTER COLUMN event_id DROP NOT NULL,
    ADD COLUMN number     bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN case_event uuid,
    ADD COLUMN note       text,
    ADD PRIMARY KEY (case_id, number);
DROP INDEX history_by_case;
CREATE UNIQUE INDEX history_event_id ON history (event_id) WHERE event_id IS NOT NULL;
