-- What a conversation keeps of a contact is sealed, here and in the state of a report by e-mail. By
-- the new name an instance from before answers mail with "try again later", instead of losing the
-- contact. Texts are not tried again, so their column keeps its name: an older instance reads it
-- only when a report has waited for a day.
ALTER TABLE mail_conversations RENAME COLUMN address TO sealed_address;
