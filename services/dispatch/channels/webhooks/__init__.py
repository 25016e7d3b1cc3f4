"""Delivery of events to bureaus' webhooks."""
