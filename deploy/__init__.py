"""Deployment of the router: local processes, Docker, observability."""
