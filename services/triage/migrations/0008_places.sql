-- A place is found by its group and its row of the Earth, together one number, then exactly by
-- longitude and latitude: of what lies in the row but not in the box, nothing is read.
CREATE INDEX cases_by_box ON cases
    (hashtextextended(dedup_key, floor(latitude / 0.002)::bigint), longitude, latitude)
 WHERE is_placed AND latitude IS NOT NULL;
DROP INDEX cases_by_place;
ALTER TABLE cases DROP COLUMN cell;

-- A point as one number finds exactly the point. A plain index over latitude or longitude would
-- tempt the planner to look for a place along a strip across the city.
CREATE INDEX cases_at_point ON cases
    (hashfloat8extended(latitude, hashfloat8extended(longitude, 0)), opened_at)
 WHERE latitude IS NOT NULL;
DROP INDEX cases_by_point;
