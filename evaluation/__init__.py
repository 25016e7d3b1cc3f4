"""The rules of triage over files of past requests, offline: how good and how fast they are."""
