"""All Prometheus metrics of all services."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter(
    "route311_messages_total",
    "Messages taken from a topic, by how they ended: handled, repeated or parked.",
    ["topic", "outcome"],
)
BATCH_SECONDS = Histogram(
    "route311_batch_seconds",
    "Time from having a batch to its commit, in seconds.",
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
    "route311_retries_total", "Attempts at a batch that failed and were made again.", ["code"]
)
FENCED = Counter(
    "route311_fenced_total", "Batches refused because another member owns the partition."
)
ASSIGNMENTS = Counter("route311_assignments_total", "Times that the partitions owned changed.")
LAG = Gauge(
    "route311_lag_messages", "Messages behind the end of the partitions owned.", ["consumer"]
)
OUTBOX = Gauge("route311_outbox_messages", "Messages in the outbox that wait for Kafka.")
PUBLISHED = Counter("route311_published_total", "Messages that the relay moved to Kafka.")
BROKER_FAILURES = Counter(
    "route311_broker_failures_total", "Times that Kafka did not acknowledge in time."
)
OUTBOX_OLDEST = Gauge(
    "route311_outbox_oldest_seconds",
    "Age of the oldest message in the outbox that waits for Kafka, 0 when none waits.",
)
PARKED = Counter(
    "route311_parked_total", "Messages parked in a dead-letter topic, by why.", ["topic", "code"]
)
DEAD_LETTER_LIMIT = Counter(
    "route311_dead_letter_limit_total",
    "Times that a consumer ended because it would have parked too much.",
    ["consumer"],
)
POSITION_LOST = Counter(
    "route311_position_lost_total",
    "Looks at a partition that found the log without the record that comes next.",
    ["topic", "partition"],
)
PROGRESS = Gauge(
    "route311_progress_timestamp_seconds",
    "Unix time at which a consumer last moved on, or had nothing to do.",
    ["consumer"],
)
DEFERRED = Gauge(
    "route311_deferred_messages",
    "Messages set aside that are tried again later, with those of their keys behind them.",
    ["consumer"],
)
PRUNED = Counter("route311_pruned_total", "Rows deleted because of their age.", ["table"])
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
DELIVERIES = Counter(
    "route311_deliveries_total", "Messages to people, by how they ended.", ["channel", "outcome"]
)
EXPRESS_SECONDS = Histogram(
    "route311_express_seconds",
    "Time from the acceptance of an express request to its decision, in seconds.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
SHED = Counter("route311_shed_total", "Requests turned away unread, by reason.", ["reason"])
SURGES = Gauge("route311_surges", "Surges that go on.", ["jurisdiction", "dedup_group"])
