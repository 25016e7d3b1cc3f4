"""The router on one machine without Docker: a real Kafka, a real PostgreSQL, five services."""
