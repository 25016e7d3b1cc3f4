"""Rendering of messages: templates, and the catalogues of their languages."""
