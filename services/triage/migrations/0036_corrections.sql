-- Version of the case in dispatch by which an operator corrected its kind or place last.
ALTER TABLE cases ADD COLUMN corrected_version integer NOT NULL DEFAULT 0;
