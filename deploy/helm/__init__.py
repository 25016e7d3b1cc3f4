"""The Helm chart, and what of it follows from the registry of topics."""
