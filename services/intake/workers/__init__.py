"""Loops beside the consumers: the scout and retention."""
