"""The fault kit: a router of its own, a seeded load, faults, and what became of it all."""
