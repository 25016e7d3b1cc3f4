-- Language in which the number of `phone_ref` gets texts, a BCP 47 tag. Null where the reporter named
-- none, once the contact is erased, and for earlier requests.
ALTER TABLE requests ADD COLUMN phone_language text;
