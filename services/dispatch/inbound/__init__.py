"""From events and commands as received to what dispatch's rules take."""
