"""TODO: operator_api."""
