"""Rules of duplicates proposed from what people labelled."""
