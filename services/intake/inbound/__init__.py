"""Inbound submissions: parsing, validation and location, before a request exists."""
