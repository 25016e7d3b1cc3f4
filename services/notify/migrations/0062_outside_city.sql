-- Neighbour in whose land a place lies that the reporter stated later.
ALTER TABLE announcements ADD COLUMN municipality text;
