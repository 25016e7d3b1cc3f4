"""Dashboards, rendered from a table of panels; alerts."""
