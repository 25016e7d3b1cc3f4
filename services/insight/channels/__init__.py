"""Channels of insight."""
