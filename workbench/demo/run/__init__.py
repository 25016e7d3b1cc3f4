"""Running the scenario against a router, and observing its topics meanwhile."""
