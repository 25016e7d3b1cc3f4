"""Facts: the log and the tables of a router, reduced to rows that queries can join."""
