-- Notes of people who are no reporters of the case, as ``notes``; their place is left to reporters.
ALTER TABLE cases ADD COLUMN others_notes jsonb NOT NULL DEFAULT '[]';
