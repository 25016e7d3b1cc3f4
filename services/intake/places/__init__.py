"""Geocoders: from an address to a point."""
