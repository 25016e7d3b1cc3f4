"""HTTP intake: admission control, API keys, batching and the submission route."""
