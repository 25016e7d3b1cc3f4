-- What the operations role may know of a contact: whether there is one.
CREATE VIEW contact_presence AS
    SELECT request_id, mailbox IS NOT NULL OR name IS NOT NULL AS has_contact FROM requests;
