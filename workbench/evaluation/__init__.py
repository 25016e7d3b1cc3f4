"""Offline evaluation of triage on past requests, and training of its rules and text model."""
