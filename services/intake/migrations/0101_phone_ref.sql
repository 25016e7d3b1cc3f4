-- Who gets text messages about a request, and so is asked by text whether it is fixed: keyed hash of
-- the number. Null for others, once the contact is erased, and for earlier requests.
ALTER TABLE requests ADD COLUMN phone_ref text;
CREATE INDEX requests_phone_ref ON requests (phone_ref) WHERE phone_ref IS NOT NULL;
