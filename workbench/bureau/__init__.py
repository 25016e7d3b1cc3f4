"""Conformance kit and simulator of bureaus."""
