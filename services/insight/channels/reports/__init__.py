"""The reports over HTTP, for operators."""
