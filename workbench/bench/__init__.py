"""``route311 bench``: the router's speed against the limit of this machine."""
