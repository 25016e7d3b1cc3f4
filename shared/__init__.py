"""What the services agree on: values, events, topics, the catalogue, and one runtime."""
