"""What the surge watcher knows and tells: patches and their ledgers, its own clock, its gauges."""
