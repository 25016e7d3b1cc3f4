-- Who reported what was merged into a case reported the case.
CREATE INDEX turns_merged_into ON turns (merged_into) WHERE merged_into IS NOT NULL;
