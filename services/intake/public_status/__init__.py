"""Public status: the read model of requests that residents look up by tracking number."""
