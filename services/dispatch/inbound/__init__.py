"""Inbound events: validated and mapped to the types of dispatch's rules."""
