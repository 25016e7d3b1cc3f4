"""The operators' API: cases, commands, surges and the stream of changes."""
