"""The surge watcher: counts independent reports per dedup group and district with Faust."""
