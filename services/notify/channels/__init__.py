"""Channels of notify: e-mail, text messages, the pages behind links in messages, operators."""
