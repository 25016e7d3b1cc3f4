-- Withheld after the public saw it: its address is known, so that it is no authorization any more.
ALTER TABLE media ADD COLUMN withheld boolean NOT NULL DEFAULT false;
