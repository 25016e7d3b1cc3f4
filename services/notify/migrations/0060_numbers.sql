-- A limit counts messages to a mailbox or number as well as those to a person: reports may name one
-- number with ever new addresses.
ALTER TABLE deliveries ADD COLUMN contact text;  -- keyed hash of the mailbox or number it goes to
CREATE INDEX deliveries_contact ON deliveries (contact, day) WHERE contact IS NOT NULL;
CREATE INDEX requests_numbers ON requests (phone_ref, named_at) WHERE wants_sms;
