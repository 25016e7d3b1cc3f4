-- What a person chose on the page behind a message, by the keyed hash that stands for them; it goes
-- with the last of their contacts.
CREATE TABLE preferences (
    person   text PRIMARY KEY,
    updates  text NOT NULL CHECK (updates IN ('all', 'important')),
    language text NOT NULL
);
