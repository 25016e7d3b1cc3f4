"""The monthly report by mail."""
