"""The HTTP server of a service: routes, API keys, problem details, load shedding."""
