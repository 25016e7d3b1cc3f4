"""What residents see of their requests: followed from the events, looked up by number."""
