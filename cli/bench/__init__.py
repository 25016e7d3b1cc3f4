"""``route311 bench``: the router's speed against what the machine could do at best, in one run."""
