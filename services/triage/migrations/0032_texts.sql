-- What the text of a report is about, compared with later texts. A row from before has none of it;
-- its words are those beyond the kinds' keywords. "asset" names several particulars from now on.
ALTER TABLE cases
    ADD COLUMN kind_words   text NOT NULL DEFAULT '',
    ADD COLUMN likely_kinds text NOT NULL DEFAULT '',
    ADD COLUMN dangers      text NOT NULL DEFAULT '';

ALTER TABLE decisions
    ADD COLUMN kind_words   text NOT NULL DEFAULT '',
    ADD COLUMN likely_kinds text NOT NULL DEFAULT '',
    ADD COLUMN dangers      text NOT NULL DEFAULT '';
