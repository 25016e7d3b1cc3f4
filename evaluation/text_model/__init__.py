"""Learns from labelled texts which words hint at danger or urgency together."""
