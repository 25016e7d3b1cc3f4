-- Facts of one check. A repeat of an event is dropped by its id as it comes, so that each event is
-- here once, in the order of first arrival (rowid). Times are microseconds since 1970.

-- The broker; whole_topics have kept their log from its first record
CREATE TABLE partitions (topic TEXT, partition INTEGER, first INTEGER, ending INTEGER);
CREATE VIEW whole_topics AS SELECT topic FROM partitions GROUP BY topic HAVING max(first) = 0;
CREATE TABLE topics (topic TEXT, owner TEXT, compacted INTEGER);
CREATE TABLE readers (topic TEXT, service TEXT);
CREATE TABLE bureaus (jurisdiction TEXT, bureau TEXT);

-- Records
CREATE TABLE seen (topic TEXT, id TEXT, source TEXT, digest BLOB);
CREATE TABLE unreadable (topic TEXT, position TEXT);
CREATE TABLE parked (
    topic TEXT, position TEXT, service TEXT, code TEXT, origin TEXT, origin_topic TEXT,
    origin_partition INTEGER, origin_offset INTEGER, sha256 TEXT, readable INTEGER
);
CREATE TABLE contacts_seen (hash BLOB, position TEXT);

-- Published by adapters, bureaus and operators
CREATE TABLE handed_in (
    identity TEXT, fingerprint TEXT, source TEXT, id TEXT, position TEXT,
    UNIQUE (identity, fingerprint)
);
CREATE TABLE commands (event TEXT, source TEXT, position TEXT, UNIQUE (source, event));

-- Published by the services
CREATE TABLE submission_receipts (event TEXT PRIMARY KEY, source TEXT, id TEXT, request_id TEXT);
CREATE TABLE submitted (event TEXT PRIMARY KEY, request_id TEXT, jurisdiction TEXT);
CREATE TABLE contacts (request_id TEXT, erased INTEGER);  -- the last one counts
CREATE TABLE contact_values (hash BLOB PRIMARY KEY);
CREATE TABLE logged (place TEXT, hash BLOB, is_plain INTEGER);  -- what log files have like contacts
CREATE TABLE decided (
    event TEXT PRIMARY KEY, request_id TEXT, case_id TEXT, outcome TEXT, referred INTEGER,
    advised INTEGER, jurisdiction TEXT, of_case TEXT, current INTEGER, matches INTEGER,
    findable INTEGER, dedup_key TEXT, service_code TEXT, observed INTEGER, latitude REAL,
    longitude REAL, address_key TEXT, reporter_ref TEXT
);
CREATE TABLE stated_places (  -- in notes, by the reporters of requests without a place
    event TEXT PRIMARY KEY, request_id TEXT, latitude REAL, longitude REAL, address_key TEXT
);
CREATE TABLE case_events (
    topic TEXT, event TEXT, kind TEXT, cause TEXT, case_id TEXT, version INTEGER,
    jurisdiction TEXT, status TEXT, level TEXT, score INTEGER, lead_bureau TEXT,
    request_count INTEGER, request_id TEXT, to_case TEXT, opened_by TEXT, moved_from TEXT,
    moves INTEGER, merged_into TEXT, closed INTEGER,
    UNIQUE (topic, event)
);
CREATE TABLE orders (
    topic TEXT, event TEXT PRIMARY KEY, work_order_id TEXT, case_id TEXT, version INTEGER,
    case_version INTEGER, bureau TEXT, role TEXT, status TEXT, level TEXT, score INTEGER,
    request_count INTEGER, acknowledge_by INTEGER, complete_by INTEGER, at INTEGER
);
CREATE TABLE reminders (event TEXT PRIMARY KEY, work_order_id TEXT, reminder TEXT);
CREATE TABLE update_receipts (
    topic TEXT, event TEXT PRIMARY KEY, bureau TEXT, work_order_id TEXT, case_id TEXT
);
CREATE TABLE notices (
    event TEXT PRIMARY KEY, kind TEXT, notification_id TEXT, person TEXT, subject_id TEXT,
    version INTEGER, channel TEXT
);

-- Tables of the services
CREATE TABLE outbox (source TEXT, id TEXT, topic TEXT, digest BLOB, published INTEGER);
CREATE TABLE deferred (service TEXT, position TEXT);
CREATE TABLE positions (service TEXT, topic TEXT, partition INTEGER, next_offset INTEGER);
CREATE TABLE intake_submissions (
    identity TEXT, fingerprint TEXT, source TEXT, id TEXT, request_id TEXT, receipt_id TEXT,
    digest BLOB
);
CREATE TABLE intake_requests (request_id TEXT, jurisdiction TEXT, contact TEXT);
CREATE TABLE intake_contact_rows (request_id TEXT);  -- of its outbox, published or not
CREATE TABLE triage_decisions (
    request_id TEXT, case_id TEXT, outcome TEXT, dedup_key TEXT, service_code TEXT,
    observed INTEGER, latitude REAL, longitude REAL, address_key TEXT, reporter_ref TEXT
);
CREATE TABLE triage_cases (
    case_id TEXT, dedup_key TEXT, service_code TEXT, request_id TEXT, opened INTEGER,
    latitude REAL, longitude REAL, address_key TEXT, reporter_ref TEXT, closed INTEGER,
    version INTEGER, merged_into TEXT, split_from TEXT
);
CREATE TABLE dispatch_cases (
    case_id TEXT, version INTEGER, jurisdiction TEXT, status TEXT, level TEXT, score INTEGER,
    lead_bureau TEXT, request_count INTEGER
);
CREATE TABLE dispatch_commands (source TEXT, event TEXT, refused_as TEXT);
CREATE TABLE dispatch_case_requests (request_id TEXT, case_id TEXT);
CREATE TABLE dispatch_work_orders (
    work_order_id TEXT, case_id TEXT, number INTEGER, bureau TEXT, role TEXT, status TEXT,
    version INTEGER, acknowledge_by INTEGER, complete_by INTEGER, reminded TEXT
);
CREATE TABLE feed_since (at INTEGER);  -- feeds keep what is newer
CREATE TABLE feed (bureau TEXT, number INTEGER, event TEXT, digest BLOB);
CREATE TABLE webhooks (bureau TEXT, enabled INTEGER, begins_after INTEGER);
CREATE TABLE webhook_deliveries (bureau TEXT, number INTEGER, state TEXT, stuck INTEGER);
CREATE TABLE webhook_calls (bureau TEXT, event TEXT, error TEXT);
CREATE TABLE forwarding (bureau TEXT, way TEXT);  -- of the catalogue: open311 or digest
CREATE TABLE settled (at INTEGER, digested INTEGER);  -- what is older had its time
CREATE TABLE forwards (
    work_order_id TEXT, bureau TEXT, state TEXT, attempts INTEGER, reason TEXT, stuck INTEGER
);
CREATE TABLE digests (bureau TEXT, number INTEGER);
CREATE TABLE notify_deliveries (
    notification_id TEXT, person TEXT, subject_id TEXT, version INTEGER, channel TEXT, state TEXT,
    request_id TEXT
);
CREATE TABLE notify_requests (request_id TEXT, readable INTEGER);
CREATE TABLE notify_sealed (id TEXT, has_key INTEGER);  -- of a request or an alert
CREATE TABLE insight_requests (request_id TEXT, case_id TEXT, decided INTEGER);
CREATE TABLE insight_cases (
    case_id TEXT, versions INTEGER, status TEXT, level TEXT, lead_bureau TEXT
);

CREATE VIEW erased_contacts AS
    SELECT request_id FROM contacts WHERE erased
     UNION
    SELECT request_id FROM intake_requests WHERE contact = 'erased';

-- Observations of a test's client
CREATE TABLE client_saw (source TEXT, id TEXT, outcome TEXT, request_id TEXT);
CREATE TABLE poison (topic TEXT, sha256 TEXT);
