"""Channels of notify: e-mail, text messages, and the pages behind links in messages."""
