"""Channels of intake: API, Open311, residents' pages, text messages and e-mail."""
