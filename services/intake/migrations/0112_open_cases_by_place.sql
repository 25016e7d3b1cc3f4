-- Open cases of a part of the map, of all kinds.
CREATE INDEX cases_open_by_place ON cases (jurisdiction, latitude, longitude)
 WHERE status NOT IN ('completed', 'declined', 'referred') AND latitude IS NOT NULL;
