"""Surge watcher: counts independent reports by dedup group and district, with Faust."""
