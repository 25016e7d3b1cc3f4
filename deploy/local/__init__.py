"""The router on one machine without Docker: a real Kafka, a real PostgreSQL, four services."""
