-- Primary subtag of the language of a held text, so that it is read aloud as what it is.
ALTER TABLE reviewed_texts ADD COLUMN language text;
