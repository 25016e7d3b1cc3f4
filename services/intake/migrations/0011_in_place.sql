-- Every request is decided soon after it was accepted. With room for it in the same page the update
-- writes no index.
ALTER TABLE requests SET (fillfactor = 50);
