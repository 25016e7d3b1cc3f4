"""Links in messages: their pages, and the contacts that the lead bureau of a case reads."""
