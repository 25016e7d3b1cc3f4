"""The read model behind the public status of a request."""
