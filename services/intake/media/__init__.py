"""Media: pictures are re-encoded in a process of their own, kept in a store, and erased."""
