-- Whether the bureau handed in a picture of the work. A constant default: no row is rewritten.
ALTER TABLE announcements ADD COLUMN has_picture boolean NOT NULL DEFAULT false;
