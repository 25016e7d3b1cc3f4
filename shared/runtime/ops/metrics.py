"""All Prometheus metrics of all services."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter(
    "route311_messages_total",
    "Messages consumed, by outcome: handled, repeated, deferred, parked or dropped.",
    ["topic", "outcome"],
)
BATCH_SECONDS = Histogram(
    "route311_batch_seconds",
    "Time from polling a batch to its commit, in seconds.",
    ["consumer"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BATCH_MESSAGES = Histogram(
    "route311_batch_messages",
    "Messages in a batch.",
    ["consumer"],
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
)
RETRIES = Counter(
    "route311_retries_total", "Retries of a batch after a transient or systemic error.", ["code"]
)
FENCED = Counter(
    "route311_fenced_total", "Batches rolled back because another member owns a partition."
)
ASSIGNMENTS = Counter("route311_assignments_total", "Changes of the assigned partitions.")
LAG = Gauge(
    "route311_lag_messages",
    "Messages between position and end of the assigned partitions.",
    ["consumer"],
)
OUTBOX = Gauge("route311_outbox_messages", "Unpublished messages in the outbox.")
PUBLISHED = Counter("route311_published_total", "Messages that the relay published to Kafka.")
BROKER_FAILURES = Counter(
    "route311_broker_failures_total", "Times that Kafka did not answer or acknowledge in time."
)
OUTBOX_BYTES = Gauge(
    "route311_outbox_bytes", "Bytes of the outbox on disk, published messages included."
)
OUTBOX_OLDEST = Gauge(
    "route311_outbox_oldest_seconds",
    "Age of the oldest unpublished message in the outbox, in seconds; 0 when there is none.",
)
PARKED = Counter(
    "route311_parked_total",
    "Messages sent to a dead-letter topic, by error code.",
    ["topic", "code"],
)
DEAD_LETTER_BYTES = Counter(
    "route311_dead_letter_bytes_total", "Bytes sent to a dead-letter topic.", ["topic"]
)
GARBAGE_BYTES = Counter(
    "route311_garbage_bytes_total",
    "Bytes of unusable records and submissions of outsiders: kept, or dropped and only counted.",
    ["topic", "outcome"],
)
DEAD_LETTER_LIMIT = Counter(
    "route311_dead_letter_limit_total",
    "Times that a consumer ended at its dead-letter limit.",
    ["consumer"],
)
CRASHES = Gauge(
    "route311_record_crashes",
    "Most crashes at a record that is not handled yet; the third one parks it.",
    ["consumer"],
)
BLOCKED = Gauge(
    "route311_consumer_blocked",
    "1 while a consumer cannot continue: crash loop, or dead-letter limit.",
    ["consumer"],
)
POSITION_LOST = Counter(
    "route311_position_lost_total",
    "Polls of a partition whose log does not have the next record.",
    ["topic", "partition"],
)
OLDEST = Gauge(
    "route311_oldest_event_seconds",
    "Age of the oldest unhandled event that is not deferred, in seconds; 0 when there is none.",
    ["consumer"],
)
PROGRESS = Gauge(
    "route311_progress_timestamp_seconds",
    "Unix time at which a consumer last advanced or had no lag.",
    ["consumer"],
)
DEFERRED = Gauge(
    "route311_deferred_messages",
    "Deferred messages, with those of the same keys behind them.",
    ["consumer"],
)
PRUNED = Counter("route311_pruned_total", "Rows deleted by housekeeping.", ["table"])
POOL_WAIT_SECONDS = Histogram(
    "route311_pool_wait_seconds",
    "Time that a transaction waited for a database connection, in seconds.",
    buckets=(0.001, 0.01, 0.1, 0.5, 1, 5, 10),
)
HTTP_SECONDS = Histogram(
    "route311_http_seconds",
    "Time to answer an HTTP request, in seconds.",
    ["route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
NOT_FIXED = Counter(
    "route311_not_fixed_total",
    "Closed cases reopened after resident feedback that it is not fixed, by lead bureau.",
    ["bureau"],
)
DELIVERIES = Counter(
    "route311_deliveries_total", "Messages to people, by outcome.", ["channel", "outcome"]
)
SMS_PARTS = Counter(
    "route311_sms_parts_total", "Parts of text messages that were sent, by encoding.", ["encoding"]
)
WEBHOOK_CALLS = Counter(
    "route311_webhook_calls_total",
    "Calls of bureaus' webhooks, by outcome: delivered, or the error of the log.",
    ["bureau", "outcome"],
)
FORWARDS = Counter(
    "route311_forwards_total",
    "Attempts to forward a work order or digest to a bureau's own system, by outcome.",
    ["bureau", "outcome"],
)
SCOUTED = Counter(
    "route311_scouted_total", "Submissions accepted by the scout, ahead of a backlog."
)
EXPRESS_SECONDS = Histogram(
    "route311_express_seconds",
    "Time from the acceptance of an express request to its decision, in seconds.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
DECISIONS = Counter(
    "route311_decisions_total", "Decisions, by city and priority.", ["jurisdiction", "level"]
)
ALARM_BUDGET = Gauge(
    "route311_alarm_budget",
    "Share of random reports that may be classified urgent in the city, 0 to 1.",
    ["jurisdiction"],
)
SHED = Counter("route311_shed_total", "Requests rejected by load shedding, by reason.", ["reason"])
LIMITED = Counter(
    "route311_limited_total",
    "Requests answered with 429, by the limit: key or key_share (of one adapter: its rate, its "
    "share of the requests in flight) or address (without a key).",
    ["limit"],
)
CONNECTIONS = Gauge("route311_http_connections", "Open HTTP connections.")
CONNECTIONS_CLOSED = Counter(
    "route311_http_connections_closed_total",
    "HTTP connections closed by the service, by reason: head_late, head_large, idle, not_read, "
    "displaced by a newer one, or refused.",
    ["reason"],
)
REPORT_COUNTS_FAILED = Counter(
    "route311_report_counts_failed_total",
    "Records of report counts that the surge watcher could not count.",
)
SURGES = Gauge("route311_surges", "Current surges.", ["jurisdiction", "dedup_group"])
