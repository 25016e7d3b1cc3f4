"""Getting back what was parked or lost: what ``route311 dlq`` and ``route311 republish`` do."""
