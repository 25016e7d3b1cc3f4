-- Address, number and name are sealed with a key of their person, which is kept wrapped here and
-- destroyed with the last of the person's contacts. An instance from before would take a sealed
-- address for an address: by the new names its statements fail, and its work waits.
ALTER TABLE requests RENAME COLUMN mailbox TO sealed_mailbox;
ALTER TABLE requests RENAME COLUMN phone TO sealed_phone;
ALTER TABLE requests RENAME COLUMN name TO sealed_name;
CREATE TABLE contact_keys (
    person  text  PRIMARY KEY,
    wrapped bytea NOT NULL
);
CREATE INDEX requests_person ON requests (person) WHERE person IS NOT NULL;
-- Contacts from before, until notify has sealed them.
CREATE INDEX requests_unsealed ON requests (request_id)
    WHERE sealed_mailbox NOT LIKE 'sealed:%' OR sealed_phone NOT LIKE 'sealed:%'
       OR sealed_name NOT LIKE 'sealed:%';
