"""PostgreSQL store of dispatch: cases, work orders, requests, updates and commands."""
