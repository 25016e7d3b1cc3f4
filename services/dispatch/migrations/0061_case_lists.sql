-- When the lead bureau's next deadline passes, or passed; null while no deadline runs.
ALTER TABLE cases ADD COLUMN overdue_at timestamptz;
UPDATE cases
   SET overdue_at = CASE lead.status WHEN 'issued' THEN least(acknowledge_by, complete_by)
                                     ELSE complete_by END
  FROM (SELECT DISTINCT ON (case_id, bureau) * FROM work_orders
         WHERE role = 'lead' ORDER BY case_id, bureau, number DESC) AS lead
 WHERE lead.case_id = cases.case_id AND lead.bureau = cases.lead_bureau
   AND lead.status NOT IN ('waiting_for_resident', 'completed', 'declined', 'transferred',
                           'withdrawn');

-- Each filter of the list of cases has an index. The ids of cases are UUIDv7, so their order is that
-- of the list.
CREATE INDEX cases_by_status ON cases (status, case_id);
CREATE INDEX cases_by_level ON cases (level, case_id);
CREATE INDEX cases_by_lead ON cases (lead_bureau, case_id);
CREATE INDEX cases_by_kind ON cases (service_code, case_id);
CREATE INDEX cases_by_district ON cases ((problem #>> '{location,district}'), case_id);
CREATE INDEX cases_by_place ON cases (
    ((problem #>> '{location,latitude}')::float8), ((problem #>> '{location,longitude}')::float8)
);
CREATE INDEX cases_by_overdue ON cases (overdue_at) WHERE overdue_at IS NOT NULL;

-- Words of a request: its tracking number as one word, its text and its address.
CREATE INDEX case_requests_words ON case_requests USING gin (to_tsvector('simple',
    replace(coalesce(said ->> 'tracking_number', ''), '-', '') || ' '
    || translate(coalesce(said #>> '{problem,summary}', '') || ' '
                 || coalesce(said #>> '{problem,location,address}', '') || ' '
                 || coalesce(said #>> '{problem,location,details}', ''), '-./_', '    ')));
